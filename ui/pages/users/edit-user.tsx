import { type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import type { Person, Role } from "#contract/users.ts"
import { editUser } from "../../api/people.ts"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { toast } from "../../kit/toast.tsx"
import { RoleChoice } from "../../parts/role-choice.tsx"
import { createSubmit } from "../../parts/submit.ts"

export function EditUser(props: { person: Person | null; onClose: () => void }): JSX.Element {
  return (
    <Dialog open={props.person !== null} onClose={() => props.onClose()} title={`Change ${props.person?.name ?? "a user"}`}>
      <Show when={props.person} keyed>
        {(person) => <Fields person={person} onClose={() => props.onClose()} />}
      </Show>
    </Dialog>
  )
}

function Fields(props: { person: Person; onClose: () => void }): JSX.Element {
  const { id, name, role } = props.person
  const [draft, set] = createStore<{ name: string; role: Role }>({ name, role })
  const submit = createSubmit(async () => {
    const changed = await editUser(id, { name: draft.name.trim(), role: draft.role })
    props.onClose()
    toast(`${changed.name} is changed.`)
  }, ["name", "role"])
  const reason = () => {
    if (draft.name.trim() === "") return "Enter a name."
    return draft.name.trim() === name && draft.role === role ? "Nothing to save yet." : null
  }
  return (
    <Form label="Change a user" onSubmit={async () => reason() === null && submit.run()}>
      <TextField
        label="Name"
        required
        autofocus
        autocomplete="off"
        maxLength={100}
        value={draft.name}
        onInput={(typed) => set("name", typed)}
        error={submit.fieldError("name")}
      />
      <RoleChoice place="installation" value={draft.role} onChange={(chosen) => set("role", chosen)} error={submit.fieldError("role")} />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          Save
        </Button>
        <Button onClick={() => props.onClose()}>Cancel</Button>
      </FormFoot>
    </Form>
  )
}
