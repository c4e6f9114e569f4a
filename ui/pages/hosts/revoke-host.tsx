import { type JSX, Show } from "solid-js"
import type { Host } from "#contract/hosts.ts"
import { revokeHost } from "../../api/hosts.ts"
import { Confirm } from "../../kit/confirm.tsx"
import { Goes } from "../../kit/goes.tsx"
import { toast } from "../../kit/toast.tsx"
import { count } from "../../parts/numbers.ts"
import { createSubmit } from "../../parts/submit.ts"

export function RevokeHost(props: { host: Host | null; onClose: () => void }): JSX.Element {
  return (
    <Show when={props.host} keyed>
      {(host) => <Ask host={host} onClose={() => props.onClose()} />}
    </Show>
  )
}

function Ask(props: { host: Host; onClose: () => void }): JSX.Element {
  const submit = createSubmit(async () => {
    const { id, name } = props.host
    await revokeHost(id)
    props.onClose()
    toast(`${name} is revoked.`)
  })
  const running = () => (props.host.running > 0 ? ` ${count(props.host.running, "job")} running there now would be lost.` : "")
  return (
    <Confirm
      open
      title={`Revoke ${props.host.name}?`}
      act="Revoke host"
      busy={submit.busy()}
      problem={submit.problem()}
      onConfirm={() => void submit.run()}
      onClose={() => props.onClose()}
    >
      <Goes
        goes={`Its token and its connection: it takes no jobs any more.${running()}`}
        remains="Its images and containers on the machine, and its line in this list. Clankers deployed there need a start on another host."
      />
    </Confirm>
  )
}
