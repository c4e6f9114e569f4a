import type { JSX } from "solid-js"
import type { Project } from "#contract/projects.ts"
import { Checkbox } from "../../kit/checkbox.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { toList } from "../../parts/lists.ts"
import { SectionCard } from "./section-card.tsx"
import { createSection } from "./section.ts"

/** What starts by itself, without somebody pressing a button. */
export function AutoStartForm(props: { project: Project }): JSX.Element {
  const { onCreate, onApproval, labels } = props.project.autoStart
  const section = createSection({
    project: () => props.project,
    initial: { onCreate, onApproval, labels: labels.join(", ") },
    toRequest: (draft) => ({ autoStart: { onCreate: draft.onCreate, onApproval: draft.onApproval, labels: toList(draft.labels) } }),
    fields: ["autoStart.labels"],
  })
  return (
    <SectionCard title="Automatic starts" section={section}>
      <Checkbox
        label="Start a new ticket’s first phase"
        hint="As soon as the ticket is created."
        checked={section.draft.onCreate}
        onChange={(onCreate) => section.set({ onCreate })}
      />
      <TextField
        label="Only with one of these labels"
        optional
        placeholder="viberglass, ready"
        hint="Between commas. Empty: every new ticket."
        value={section.draft.labels}
        onInput={(labels) => section.set({ labels })}
        error={section.errorAt("autoStart.labels")}
      />
      <Checkbox
        label="Start execution when a plan is approved"
        checked={section.draft.onApproval}
        onChange={(onApproval) => section.set({ onApproval })}
      />
    </SectionCard>
  )
}
