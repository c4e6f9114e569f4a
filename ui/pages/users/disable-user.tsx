import { type JSX, Show } from "solid-js"
import type { Person } from "#contract/users.ts"
import { editUser } from "../../api/people.ts"
import { Button } from "../../kit/button.tsx"
import { Confirm } from "../../kit/confirm.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Goes } from "../../kit/goes.tsx"
import { Notice } from "../../kit/notice.tsx"
import { toast } from "../../kit/toast.tsx"
import { createSubmit } from "../../parts/submit.ts"

/** Disables a user, or lets one in again. */
export function DisableUser(props: { person: Person | null; onClose: () => void }): JSX.Element {
  return (
    <Show when={props.person} keyed>
      {(person) => (
        <Show when={person.disabled} fallback={<Disable person={person} onClose={() => props.onClose()} />}>
          <Enable person={person} onClose={() => props.onClose()} />
        </Show>
      )}
    </Show>
  )
}

interface AskProps {
  person: Person
  onClose: () => void
}

function Disable(props: AskProps): JSX.Element {
  const submit = createSubmit(async () => {
    const { id, name } = props.person
    await editUser(id, { disabled: true })
    props.onClose()
    toast(`${name} is disabled.`)
  })
  return (
    <Confirm
      open
      title={`Disable ${props.person.name}?`}
      act="Disable user"
      busy={submit.busy()}
      problem={submit.problem()}
      onConfirm={() => void submit.run()}
      onClose={() => props.onClose()}
    >
      <Goes
        goes="Every session ends at once; logging in and API tokens are refused."
        remains="What they made, their roles in projects and their tokens: all of it counts again when they are enabled."
      />
    </Confirm>
  )
}

function Enable(props: AskProps): JSX.Element {
  const submit = createSubmit(async () => {
    const { id, name } = props.person
    await editUser(id, { disabled: false })
    props.onClose()
    toast(`${name} is enabled.`)
  })
  return (
    <Dialog
      open
      onClose={() => props.onClose()}
      title={`Enable ${props.person.name}?`}
      actions={
        <>
          <Button onClick={() => props.onClose()}>Cancel</Button>
          <Button kind="primary" busy={submit.busy()} onClick={() => void submit.run()}>
            Enable user
          </Button>
        </>
      }
    >
      <p>Their password and API tokens work again, with the role and the grants that they had.</p>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </Dialog>
  )
}
