import { type JSX, Show } from "solid-js"
import { type ApiToken, revokeToken } from "../../api/tokens.ts"
import { Confirm } from "../../kit/confirm.tsx"
import { toast } from "../../kit/toast.tsx"
import { createSubmit } from "../../parts/submit.ts"

export function RevokeToken(props: { token: ApiToken | null; onClose: () => void }): JSX.Element {
  return (
    <Show when={props.token} keyed>
      {(token) => <Ask token={token} onClose={() => props.onClose()} />}
    </Show>
  )
}

function Ask(props: { token: ApiToken; onClose: () => void }): JSX.Element {
  const submit = createSubmit(async () => {
    const { id, name } = props.token
    await revokeToken(id)
    props.onClose()
    toast(`${name} is revoked.`)
  })
  return (
    <Confirm
      open
      title={`Revoke ${props.token.name}?`}
      act="Revoke token"
      busy={submit.busy()}
      problem={submit.problem()}
      onConfirm={() => void submit.run()}
      onClose={() => props.onClose()}
    >
      <p>
        Programs that use <code>{props.token.prefix}…</code> are refused from now on. It cannot be brought back; a new token can be made.
      </p>
    </Confirm>
  )
}
