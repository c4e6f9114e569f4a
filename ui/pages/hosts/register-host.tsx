import { createSignal, type JSX, Show } from "solid-js"
import { type RegisteredHost, registerHost } from "../../api/hosts.ts"
import { Button } from "../../kit/button.tsx"
import { Code } from "../../kit/code.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { createSubmit } from "../../parts/submit.ts"

/** First a name, then the command that connects the machine: shown once, because it carries the host's token. */
export function RegisterHost(props: { open: boolean; onClose: () => void }): JSX.Element {
  const [made, setMade] = createSignal<RegisteredHost | null>(null)
  const close = () => {
    setMade(null)
    props.onClose()
  }
  return (
    <Dialog open={props.open} onClose={close} size={made() ? "l" : "m"} title={made() ? "Connect the machine" : "Register a host"}>
      <Show when={made()} fallback={<NameForm onMade={setMade} onCancel={close} />}>
        {(host) => <Connect host={host()} onDone={close} />}
      </Show>
    </Dialog>
  )
}

function NameForm(props: { onMade: (host: RegisteredHost) => void; onCancel: () => void }): JSX.Element {
  const [name, setName] = createSignal("")
  const submit = createSubmit(async () => props.onMade(await registerHost(name().trim())), ["name"])
  const reason = () => (name().trim() === "" ? "Give the host a name." : null)
  return (
    <Form label="Register a host" onSubmit={async () => reason() === null && submit.run()}>
      <TextField
        label="Name"
        required
        autofocus
        maxLength={100}
        placeholder="build-box-1"
        hint="How people find the machine in lists."
        value={name()}
        onInput={setName}
        error={submit.fieldError("name")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          Register
        </Button>
        <Button onClick={() => props.onCancel()}>Cancel</Button>
      </FormFoot>
    </Form>
  )
}

function Connect(props: { host: RegisteredHost; onDone: () => void }): JSX.Element {
  return (
    <>
      <p>Run this on the machine. It connects outward and shows up in the list as connected.</p>
      <Code label="Connect command" text={props.host.command} copy wrap />
      <Notice tone="waiting" title="This is shown once">
        <p>The command carries the host’s token. Copy it now: it cannot be shown again. Lost it? Revoke the host and register it anew.</p>
      </Notice>
      <FormFoot>
        <Button kind="primary" onClick={() => props.onDone()}>
          I have copied it
        </Button>
      </FormFoot>
    </>
  )
}
