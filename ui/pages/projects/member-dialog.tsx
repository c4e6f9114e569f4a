import { createSignal, type JSX, Show } from "solid-js"
import type { Member, Project } from "#contract/projects.ts"
import type { Person, Role } from "#contract/users.ts"
import { everybodyQuery, putMember } from "../../api/people.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Select } from "../../kit/select.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { toast } from "../../kit/toast.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { RoleChoice } from "../../parts/role-choice.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { ROLE_WORDS } from "../../parts/words.ts"

interface MemberDialogProps {
  open: boolean
  project: Project
  /** Whose role is to be changed; null to choose somebody new. */
  member: Member | null
  /** Who cannot be chosen, being in already. */
  members: readonly Member[]
  onClose: () => void
}

/** Gives somebody a role in a project. */
export function MemberDialog(props: MemberDialogProps): JSX.Element {
  return (
    <Dialog
      open={props.open}
      onClose={() => props.onClose()}
      title={props.member ? `The role of ${props.member.name}` : `Add a member to ${props.project.name}`}
    >
      <Show when={props.member} keyed fallback={<Choose {...props} />}>
        {(member) => <Fields {...props} people={null} userId={member.userId} role={member.role} />}
      </Show>
    </Dialog>
  )
}

function Choose(props: MemberDialogProps): JSX.Element {
  const everybody = useQuery(everybodyQuery)
  return (
    <Loaded query={everybody} skeleton={<Skeleton lines={4} />}>
      {(people) => (
        <Fields
          {...props}
          people={people().filter(({ id }) => !props.members.some(({ userId }) => userId === id))}
          userId=""
          role="member"
        />
      )}
    </Loaded>
  )
}

type FieldsProps = MemberDialogProps & { people: readonly Person[] | null; userId: string; role: Role }

function Fields(props: FieldsProps): JSX.Element {
  const [userId, setUserId] = createSignal(props.userId)
  const [role, setRole] = createSignal(props.role)
  const submit = createSubmit(async () => {
    const member = await putMember(props.project.id, userId(), role())
    props.onClose()
    toast(`${member.name} is ${ROLE_WORDS[member.role].toLowerCase()} of ${props.project.name}.`)
  }, ["role"])
  const reason = () => {
    if (userId() === "") return "Choose a user."
    return props.member && role() === props.member.role ? "Nothing to save yet." : null
  }
  return (
    <Form label="Role in the project" onSubmit={async () => reason() === null && submit.run()}>
      <Show when={props.people}>
        {(people) => (
          <Select
            label="User"
            required
            hint={people().length === 0 ? "Everybody is in already. New users are added on the page Users." : undefined}
            value={userId()}
            options={[{ value: "", label: "Choose a user" }, ...people().map(optionOf)]}
            onChange={setUserId}
          />
        )}
      </Show>
      <RoleChoice place="project" value={role()} onChange={setRole} error={submit.fieldError("role")} />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          {props.member ? "Save" : "Add the member"}
        </Button>
        <Button onClick={() => props.onClose()}>Cancel</Button>
      </FormFoot>
    </Form>
  )
}

/** People of one name are told apart by their e-mail address, which admins see; else by the end of their id. */
const optionOf = ({ id, name, email = id.slice(-6), disabled }: Person) => ({
  value: id,
  label: `${name} (${email}${disabled ? ", disabled" : ""})`,
})
