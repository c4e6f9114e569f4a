import { type JSX, Show } from "solid-js"
import Ban from "lucide-solid/icons/ban"
import CircleCheck from "lucide-solid/icons/circle-check"
import Ellipsis from "lucide-solid/icons/ellipsis"
import KeyRound from "lucide-solid/icons/key-round"
import PencilLine from "lucide-solid/icons/pencil-line"
import type { Person } from "#contract/users.ts"
import { meQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { Menu, type MenuItem } from "../../kit/menu.tsx"
import { type Column, Table } from "../../kit/table.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { usePermission } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { type Look, LookBadge } from "../../parts/status-badge.tsx"
import { ROLE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import type { Act } from "./users.tsx"
import "./users.css"

const ACTIVE = { word: "Active", tone: "good", icon: CircleCheck } as const satisfies Look
const DISABLED = { word: "Disabled", tone: "quiet", icon: Ban } as const satisfies Look

export function UsersTable(props: { people: readonly Person[]; onAct: (act: Act, person: Person) => void }): JSX.Element {
  const { adminReason } = usePermission()
  const me = useQuery(meQuery)
  const isMe = ({ id }: Person) => dataOf(me)?.id === id
  const acts = (person: Person): MenuItem[] => [
    { label: "Change name or role…", icon: PencilLine, act: () => props.onAct("edit", person) },
    // An admin's new password ends the sessions of whom it is for, this one too.
    isMe(person)
      ? { label: "Change your password", icon: KeyRound, href: paths.settings() }
      : { label: "Set a new password…", icon: KeyRound, act: () => props.onAct("password", person) },
    person.disabled
      ? { label: "Enable…", icon: CircleCheck, act: () => props.onAct("enable", person) }
      : { label: "Disable…", icon: Ban, danger: true, act: () => props.onAct("disable", person) },
  ]
  const columns: readonly Column<Person>[] = [
    { header: "Name", grow: true, cell: (person) => <Name person={person} isMe={isMe(person)} /> },
    { header: "Role", cell: ({ role }) => ROLE_WORDS[role] },
    { header: "State", hideWhen: "narrow", cell: ({ disabled }) => <LookBadge look={disabled ? DISABLED : ACTIVE} /> },
    { header: "Added", align: "end", hideWhen: "medium", cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
    {
      header: "Acts",
      headerHidden: true,
      align: "end",
      cell: (person) => (
        <Show when={!adminReason()}>
          <Menu label={`Change ${person.name}`} align="end" trigger={<Ellipsis size={16} aria-hidden="true" />} items={acts(person)} />
        </Show>
      ),
    },
  ]
  return <Table label="Users" columns={columns} rows={props.people} />
}

function Name(props: { person: Person; isMe: boolean }): JSX.Element {
  return (
    <>
      <span class="row">
        <strong>{props.person.name}</strong>
        <Show when={props.isMe}>
          <span class="soft small">you</span>
        </Show>
        <span class="user-disabled">
          <Show when={props.person.disabled}>
            <LookBadge look={DISABLED} />
          </Show>
        </span>
      </span>
      <Show when={props.person.email}>{(email) => <span class="user-mail">{email()}</span>}</Show>
    </>
  )
}
