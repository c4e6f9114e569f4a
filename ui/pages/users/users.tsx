import { useSearchParams } from "@solidjs/router"
import { keepPreviousData } from "@tanstack/solid-query"
import { createSignal, type JSX } from "solid-js"
import UserPlus from "lucide-solid/icons/user-plus"
import type { Person } from "#contract/users.ts"
import { usersQuery } from "../../api/people.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { Pager } from "../../parts/pager.tsx"
import { usePermission } from "../../parts/permission.ts"
import { AddUser } from "./add-user.tsx"
import { DisableUser } from "./disable-user.tsx"
import { EditUser } from "./edit-user.tsx"
import { SetPassword } from "./set-password.tsx"
import { UsersTable } from "./table.tsx"

export type Act = "edit" | "password" | "disable" | "enable"
type Open = { act: "add" } | { act: Act; person: Person } | null

export default function Users(): JSX.Element {
  const { adminReason } = usePermission()
  const [query, setQuery] = useSearchParams<{ cursor?: string }>()
  const cursor = () => query.cursor ?? ""
  const users = useQuery(() => ({ ...usersQuery(cursor()), placeholderData: keepPreviousData }))
  const [open, setOpen] = createSignal<Open>(null)
  const close = () => setOpen(null)
  return (
    <div class="page">
      <PageHeader
        title="Users"
        meta="Who may log in. A project can give somebody another role, and can be for its members alone."
        actions={
          <Button kind="primary" icon={UserPlus} onClick={() => setOpen({ act: "add" })} disabledReason={adminReason()}>
            Add a user
          </Button>
        }
      />
      <Loaded
        query={users}
        skeleton={
          <Card flush>
            <Skeleton lines={4} />
          </Card>
        }
      >
        {(page) => (
          <>
            <Card flush>
              <UsersTable people={page().items} onAct={(act, person) => setOpen({ act, person })} />
            </Card>
            <Pager noun="users" cursor={cursor()} nextCursor={page().nextCursor} onGo={(next) => setQuery({ cursor: next })} />
          </>
        )}
      </Loaded>
      <AddUser open={open()?.act === "add"} onClose={close} />
      <EditUser person={personOf(open(), "edit")} onClose={close} />
      <SetPassword person={personOf(open(), "password")} onClose={close} />
      <DisableUser person={personOf(open(), "disable") ?? personOf(open(), "enable")} onClose={close} />
    </div>
  )
}

const personOf = (open: Open, act: Act): Person | null => (open && open.act === act && "person" in open ? open.person : null)
