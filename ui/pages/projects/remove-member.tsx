import { useNavigate } from "@solidjs/router"
import { type JSX, Show } from "solid-js"
import type { Member, Project } from "#contract/projects.ts"
import { removeMember } from "../../api/people.ts"
import { meQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { Confirm } from "../../kit/confirm.tsx"
import { Goes } from "../../kit/goes.tsx"
import { toast } from "../../kit/toast.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"

export function RemoveMember(props: { project: Project; member: Member | null; onClose: () => void }): JSX.Element {
  return (
    <Show when={props.member} keyed>
      {(member) => <Ask project={props.project} member={member} onClose={() => props.onClose()} />}
    </Show>
  )
}

function Ask(props: { project: Project; member: Member; onClose: () => void }): JSX.Element {
  const navigate = useNavigate()
  const me = useQuery(meQuery)
  const closed = () => props.project.visibility === "members"
  /** Whoever takes their own role away may have left for good. */
  const leaves = () => closed() && dataOf(me)?.id === props.member.userId && dataOf(me)?.role !== "admin"
  const submit = createSubmit(async () => {
    const left = leaves()
    const { userId, name } = props.member
    await removeMember(props.project.id, userId)
    props.onClose()
    toast(`${name} has no role of their own in ${props.project.name} any more.`)
    if (left) navigate(paths.projects())
  })
  return (
    <Confirm
      open
      title={`Remove ${props.member.name}?`}
      act="Remove member"
      busy={submit.busy()}
      problem={submit.problem()}
      onConfirm={() => void submit.run()}
      onClose={() => props.onClose()}
    >
      <Goes
        goes={
          closed()
            ? `Their way into ${props.project.name}: unless they are an admin of the installation, it does not exist for them any more.`
            : `Their role in ${props.project.name}. What their role in the installation allows, they may still do.`
        }
        remains="What they wrote and approved here, and their account."
      />
    </Confirm>
  )
}
