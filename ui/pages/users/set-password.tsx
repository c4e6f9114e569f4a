import { createSignal, type JSX, Show } from "solid-js"
import type { Person } from "#contract/users.ts"
import { editUser } from "../../api/people.ts"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { toast } from "../../kit/toast.tsx"
import { HandedPasswordField, PASSWORD_LENGTH } from "../../parts/password-field.tsx"
import { createSubmit } from "../../parts/submit.ts"

export function SetPassword(props: { person: Person | null; onClose: () => void }): JSX.Element {
  return (
    <Dialog open={props.person !== null} onClose={() => props.onClose()} title={`A new password for ${props.person?.name ?? "a user"}`}>
      <Show when={props.person} keyed>
        {(person) => <Fields person={person} onClose={() => props.onClose()} />}
      </Show>
    </Dialog>
  )
}

function Fields(props: { person: Person; onClose: () => void }): JSX.Element {
  const [password, setPassword] = createSignal("")
  const submit = createSubmit(async () => {
    await editUser(props.person.id, { password: password() })
    props.onClose()
    toast(`${props.person.name} has a new password.`)
  }, ["password"])
  const reason = () => (password().length < PASSWORD_LENGTH ? `Give at least ${PASSWORD_LENGTH} characters.` : null)
  return (
    <Form label="New password" onSubmit={async () => reason() === null && submit.run()}>
      <p>They are signed out everywhere and log in with it. Their API tokens stay.</p>
      <HandedPasswordField label="New password" value={password()} onInput={setPassword} error={submit.fieldError("password")} />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          Set the password
        </Button>
        <Button onClick={() => props.onClose()}>Cancel</Button>
      </FormFoot>
    </Form>
  )
}
