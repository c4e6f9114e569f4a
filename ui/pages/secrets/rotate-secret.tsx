import { createEffect, createSignal, type JSX, on, Show } from "solid-js"
import type { Secret } from "#contract/secrets.ts"
import { rotateSecret } from "../../api/secrets.ts"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { toast } from "../../kit/toast.tsx"
import { usePermission, useProjectPermission } from "../../parts/permission.ts"
import { SecretValue } from "../../parts/secret-form.tsx"
import { createSubmit } from "../../parts/submit.ts"

export function RotateSecret(props: { secret: Secret | null; onClose: () => void }): JSX.Element {
  return (
    <Dialog open={props.secret !== null} onClose={() => props.onClose()} title={`Rotate ${props.secret?.name ?? "secret"}`}>
      <Show when={props.secret} keyed>
        {(secret) => <RotateForm secret={secret} onClose={() => props.onClose()} />}
      </Show>
    </Dialog>
  )
}

function RotateForm(props: { secret: Secret; onClose: () => void }): JSX.Element {
  const { adminReason } = usePermission()
  const { writeReason } = useProjectPermission(() => props.secret.projectId)
  const [value, setValue] = createSignal("")
  const submit = createSubmit(async () => {
    const { name, version } = await rotateSecret(props.secret.id, value())
    props.onClose()
    toast(`${name} is rotated: version ${version}.`)
  }, ["value"])
  createEffect(on(value, () => submit.reset(), { defer: true }))
  const reason = () => (props.secret.projectId === null ? adminReason() : writeReason()) ?? (value() === "" ? "Enter the new value." : null)
  return (
    <Form label={`Rotate ${props.secret.name}`} onSubmit={async () => reason() === null && submit.run()}>
      <p>Jobs that start from now on use the new value; those that are queued or running keep the one that they began with.</p>
      <SecretValue value={value()} onInput={setValue} error={submit.fieldError("value")} />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          Replace the value
        </Button>
        <Button onClick={() => props.onClose()}>Cancel</Button>
      </FormFoot>
    </Form>
  )
}
