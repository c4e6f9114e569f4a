import type { JSX } from "solid-js"
import type { Project } from "#contract/projects.ts"
import { ticketsQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { TextField } from "../../kit/text-field.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { REPOSITORY_FIELDS, repositoryOf, repositoryRequest, whyNotRepository } from "./repository-draft.ts"
import { RepositoryFields } from "./repository-fields.tsx"
import { SectionCard } from "./section-card.tsx"
import { createSection } from "./section.ts"

export function RepositoryForm(props: { project: Project }): JSX.Element {
  const section = createSection({
    project: () => props.project,
    initial: { ...repositoryOf(props.project), key: props.project.key },
    toRequest: (draft) => ({ ...repositoryRequest(draft), key: draft.key.trim() }),
    fields: [...REPOSITORY_FIELDS, "key"],
    whyNot: (draft) => whyNotRepository(draft) ?? (draft.key.trim() === "" ? "Enter the key." : null),
  })
  const tickets = useQuery(() => ticketsQuery({ projectId: props.project.id, limit: 1 }))
  const carried = () => (dataOf(tickets)?.items.length ?? 0) > 0
  return (
    <SectionCard title="Repository" section={section}>
      <RepositoryFields draft={section.draft} onChange={(changes) => section.set(changes)} errorAt={section.errorAt} />
      <TextField
        label="Key"
        code
        maxLength={5}
        readOnly={carried()}
        hint={
          carried()
            ? "Before each ticket’s number. It stays, because tickets carry it."
            : "Two to five capitals before each ticket’s number. It stays once a ticket carries it."
        }
        value={section.draft.key}
        onInput={(typed) => section.set({ key: typed.toUpperCase() })}
        error={section.errorAt("key")}
      />
    </SectionCard>
  )
}
