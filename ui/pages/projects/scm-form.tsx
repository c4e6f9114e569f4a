import type { JSX } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { SCM_FIELDS, scmOf, scmRequest } from "./scm-draft.ts"
import { ScmFields } from "./scm-fields.tsx"
import { SectionCard } from "./section-card.tsx"
import { createSection } from "./section.ts"

export function ScmForm(props: { project: Project; clankers: readonly Clanker[]; secrets: readonly Secret[] }): JSX.Element {
  const section = createSection({ project: () => props.project, initial: scmOf(props.project), toRequest: scmRequest, fields: SCM_FIELDS })
  return (
    <SectionCard title="SCM execution" section={section}>
      <ScmFields
        draft={section.draft}
        onChange={(changes) => section.set(changes)}
        errorAt={section.errorAt}
        secrets={props.secrets}
        clankers={props.clankers}
        project={props.project}
      />
    </SectionCard>
  )
}
