import { createSignal, type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import type { Person } from "#contract/users.ts"
import { addUser, type NewUser } from "../../api/people.ts"
import { Button } from "../../kit/button.tsx"
import { Code } from "../../kit/code.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { HandedPasswordField, PASSWORD_LENGTH } from "../../parts/password-field.tsx"
import { RoleChoice } from "../../parts/role-choice.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"

interface Added {
  person: Person
  password: string
}

/** A form, then what is to be handed over: the password is shown here once more and nowhere after. */
export function AddUser(props: { open: boolean; onClose: () => void }): JSX.Element {
  const [added, setAdded] = createSignal<Added | null>(null)
  const close = () => {
    setAdded(null)
    props.onClose()
  }
  return (
    <Dialog open={props.open} onClose={close} title={added() ? "Hand this over" : "Add a user"}>
      <Show when={added()} fallback={<UserForm onAdded={setAdded} onCancel={close} />}>
        {(made) => <HandOver {...made()} onDone={close} />}
      </Show>
    </Dialog>
  )
}

function UserForm(props: { onAdded: (added: Added) => void; onCancel: () => void }): JSX.Element {
  const [draft, set] = createStore<NewUser>({ name: "", email: "", role: "member", password: "" })
  const submit = createSubmit(async () => {
    const wanted = { ...draft, name: draft.name.trim(), email: draft.email.trim() }
    props.onAdded({ person: await addUser(wanted), password: wanted.password })
  }, ["name", "email", "role", "password"])
  const reason = () => whyNot(draft)
  return (
    <Form label="Add a user" onSubmit={async () => reason() === null && submit.run()}>
      <TextField
        label="Name"
        required
        autofocus
        autocomplete="off"
        maxLength={100}
        value={draft.name}
        onInput={(name) => set("name", name)}
        error={submit.fieldError("name")}
      />
      <TextField
        label="E-mail"
        type="email"
        required
        autocomplete="off"
        hint="What they log in with."
        value={draft.email}
        onInput={(email) => set("email", email)}
        error={submit.fieldError("email")}
      />
      <RoleChoice place="installation" value={draft.role} onChange={(role) => set("role", role)} error={submit.fieldError("role")} />
      <HandedPasswordField
        label="First password"
        value={draft.password}
        onInput={(password) => set("password", password)}
        error={submit.fieldError("password")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          Add the user
        </Button>
        <Button onClick={() => props.onCancel()}>Cancel</Button>
      </FormFoot>
    </Form>
  )
}

function whyNot({ name, email, password }: NewUser): string | null {
  if (name.trim() === "") return "Enter a name."
  if (email.trim() === "") return "Enter an e-mail address."
  return password.length < PASSWORD_LENGTH ? `Give a first password of at least ${PASSWORD_LENGTH} characters.` : null
}

function HandOver(props: Added & { onDone: () => void }): JSX.Element {
  const text = () => `${location.origin}${paths.login()}\nE-mail: ${props.person.email}\nPassword: ${props.password}`
  return (
    <>
      <p>{props.person.name} can log in now.</p>
      <Code label="What to hand over" text={text()} copy wrap />
      <Notice tone="waiting" title="This is shown once">
        <p>Nobody is written to: give it to them in a way that you trust, and ask them to change the password under Settings.</p>
      </Notice>
      <FormFoot>
        <Button kind="primary" onClick={() => props.onDone()}>
          Done
        </Button>
      </FormFoot>
    </>
  )
}
