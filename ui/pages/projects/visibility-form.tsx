import type { JSX } from "solid-js"
import type { Project, Visibility } from "#contract/projects.ts"
import { ChoiceCards } from "../../kit/choice-cards.tsx"
import { whyNotManage } from "../../parts/permission.ts"
import { SectionCard } from "./section-card.tsx"
import { createSection } from "./section.ts"

const CHOICES = [
  {
    value: "everyone",
    title: "Everyone",
    text: "Whoever may log in. What they may do here follows from their role, or from a better one given below.",
  },
  {
    value: "members",
    title: "Members only",
    text: "Those listed below, with the role given there, and the installation’s admins. For others it does not exist.",
  },
] as const satisfies readonly { value: Visibility; title: string; text: string }[]

export function VisibilityForm(props: { project: Project }): JSX.Element {
  const section = createSection<{ visibility: Visibility }>({
    project: () => props.project,
    initial: { visibility: props.project.visibility },
    toRequest: ({ visibility }) => ({ visibility }),
    fields: ["visibility"],
    permitted: whyNotManage,
  })
  return (
    <SectionCard title="Who sees this project" section={section}>
      <ChoiceCards
        legend="Visibility"
        choices={CHOICES}
        value={section.draft.visibility}
        onChange={(visibility) => section.set({ visibility })}
        error={section.errorAt("visibility")}
      />
    </SectionCard>
  )
}
