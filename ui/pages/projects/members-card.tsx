import { createSignal, type JSX, Show } from "solid-js"
import PencilLine from "lucide-solid/icons/pencil-line"
import Trash from "lucide-solid/icons/trash"
import UserPlus from "lucide-solid/icons/user-plus"
import type { Member, Project } from "#contract/projects.ts"
import { membersQuery } from "../../api/people.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button, IconButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { type Column, Table } from "../../kit/table.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { whyNotManage } from "../../parts/permission.ts"
import { ROLE_WORDS } from "../../parts/words.ts"
import { MemberDialog } from "./member-dialog.tsx"
import { RemoveMember } from "./remove-member.tsx"
import "./members-card.css"

type Open = { act: "add" } | { act: "change" | "remove"; member: Member } | null

/** Who has a role of their own in this project. */
export function MembersCard(props: { project: Project }): JSX.Element {
  const members = useQuery(() => membersQuery(props.project.id))
  const [open, setOpen] = createSignal<Open>(null)
  const close = () => setOpen(null)
  const forbidden = () => whyNotManage(props.project.role)
  return (
    <Card
      title="Members"
      flush
      aside={
        <Show when={!forbidden()}>
          <Button size="s" icon={UserPlus} onClick={() => setOpen({ act: "add" })}>
            Add a member
          </Button>
        </Show>
      }
    >
      <Loaded query={members} skeleton={<Skeleton lines={3} />}>
        {(page) => (
          <>
            <Show when={page().items.length > 0}>
              <Table label="Members" columns={columns({ forbidden, onOpen: setOpen })} rows={page().items.map(withId)} />
            </Show>
            <p class="members-note">
              {page().items.length > 0 ? "" : "Nobody has a role of their own here. "}
              Admins of the installation may do everything here without being listed.
              {forbidden() ? ` ${forbidden()}` : ""}
            </p>
            <MemberDialog open={open()?.act === "add"} project={props.project} member={null} members={page().items} onClose={close} />
          </>
        )}
      </Loaded>
      <MemberDialog
        open={open()?.act === "change"}
        project={props.project}
        member={memberOf(open(), "change")}
        members={[]}
        onClose={close}
      />
      <RemoveMember project={props.project} member={memberOf(open(), "remove")} onClose={close} />
    </Card>
  )
}

const memberOf = (open: Open, act: "change" | "remove"): Member | null =>
  open && open.act === act && "member" in open ? open.member : null

/** Rows are known by their id. */
const withId = (member: Member) => ({ ...member, id: member.userId })

const columns = ({ forbidden, onOpen }: { forbidden: () => string | null; onOpen: (open: Open) => void }): readonly Column<Member>[] => [
  {
    header: "Name",
    grow: true,
    cell: ({ name, email }) => (
      <>
        <strong>{name}</strong>
        <Show when={email}>
          <span class="member-mail">{email}</span>
        </Show>
      </>
    ),
  },
  { header: "Role here", cell: ({ role }) => ROLE_WORDS[role] },
  {
    header: "Acts",
    headerHidden: true,
    align: "end",
    cell: (member) => (
      <Show when={!forbidden()}>
        <span class="member-acts">
          <IconButton
            icon={PencilLine}
            size="s"
            label={`Change the role of ${member.name}`}
            onClick={() => onOpen({ act: "change", member })}
          />
          <IconButton icon={Trash} size="s" label={`Remove ${member.name}`} onClick={() => onOpen({ act: "remove", member })} />
        </span>
      </Show>
    ),
  },
]
