import type { JSX } from "solid-js"
import { type Role, ROLES } from "#contract/users.ts"
import { ChoiceCards } from "../kit/choice-cards.tsx"
import { ROLE_WORDS } from "./words.ts"

/** What a role means, where it is given. */
const MEANS = {
  installation: {
    viewer: "Reads what is for everyone.",
    member: "Also makes projects and tickets, runs phases and approves.",
    admin: "Also clankers, hosts, secrets, prompts, users and settings of the installation.",
  },
  project: {
    viewer: "Reads.",
    member: "Also works here: tickets, runs, approvals, settings, prompts.",
    admin: "Also decides who sees the project and who is in it.",
  },
} as const satisfies Record<string, Record<Role, string>>

export function RoleChoice(props: {
  place: keyof typeof MEANS
  value: Role
  onChange: (role: Role) => void
  error?: string | null | undefined
}): JSX.Element {
  return (
    <ChoiceCards
      legend="Role"
      stacked
      choices={ROLES.map((value) => ({ value, title: ROLE_WORDS[value], text: MEANS[props.place][value] }))}
      value={props.value}
      onChange={props.onChange}
      error={props.error}
    />
  )
}
