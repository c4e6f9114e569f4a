import type { JSX } from "solid-js"
import type { Project } from "#contract/projects.ts"
import { TextArea } from "../../kit/text-area.tsx"
import { SectionCard } from "./section-card.tsx"
import { createSection } from "./section.ts"

export function InstructionsForm(props: { project: Project }): JSX.Element {
  const section = createSection({
    project: () => props.project,
    initial: { agentInstructions: props.project.agentInstructions },
    toRequest: ({ agentInstructions }) => ({ agentInstructions }),
    fields: ["agentInstructions"],
  })
  return (
    <SectionCard title="Agent instructions" section={section}>
      <TextArea
        label="Instructions for every job of this project"
        code
        optional
        rows={8}
        hint="Markdown. It goes into every prompt, beside the clanker’s own AGENTS.md."
        value={section.draft.agentInstructions}
        onInput={(agentInstructions) => section.set({ agentInstructions })}
        error={section.errorAt("agentInstructions")}
      />
    </SectionCard>
  )
}
