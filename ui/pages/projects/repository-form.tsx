import type { JSX } from "solid-js"
import type { Project } from "#contract/projects.ts"
import { REPOSITORY_FIELDS, repositoryOf, repositoryRequest, whyNotRepository } from "./repository-draft.ts"
import { RepositoryFields } from "./repository-fields.tsx"
import { SectionCard } from "./section-card.tsx"
import { createSection } from "./section.ts"

export function RepositoryForm(props: { project: Project }): JSX.Element {
  const section = createSection({
    projectId: props.project.id,
    initial: repositoryOf(props.project),
    toRequest: repositoryRequest,
    fields: REPOSITORY_FIELDS,
    whyNot: whyNotRepository,
  })
  return (
    <SectionCard title="Repository" section={section}>
      <RepositoryFields draft={section.draft} onChange={(changes) => section.set(changes)} errorAt={section.errorAt} />
    </SectionCard>
  )
}
