import { type JSX, Show } from "solid-js"
import type { Secret } from "#contract/secrets.ts"
import { deleteSecret } from "../../api/secrets.ts"
import { Confirm } from "../../kit/confirm.tsx"
import { Goes } from "../../kit/goes.tsx"
import { toast } from "../../kit/toast.tsx"
import { usePermission, useProjectPermission } from "../../parts/permission.ts"
import { createSubmit } from "../../parts/submit.ts"
import { Users } from "./table.tsx"

export function DeleteSecret(props: { secret: Secret | null; onClose: () => void }): JSX.Element {
  return (
    <Show when={props.secret} keyed>
      {(secret) => <Ask secret={secret} onClose={() => props.onClose()} />}
    </Show>
  )
}

function Ask(props: { secret: Secret; onClose: () => void }): JSX.Element {
  const { adminReason } = usePermission()
  const { writeReason } = useProjectPermission(() => props.secret.projectId)
  const submit = createSubmit(async () => {
    const { id, name } = props.secret
    await deleteSecret(id)
    props.onClose()
    toast(`${name} is deleted.`)
  })
  const used = () => props.secret.usedBy.length > 0
  const blocked = () =>
    (props.secret.projectId === null ? adminReason() : writeReason()) ?? (used() ? "It is in use: take it off there first." : null)
  return (
    <Confirm
      open
      title={`Delete ${props.secret.name}?`}
      act="Delete secret"
      busy={submit.busy()}
      problem={submit.problem()}
      blocked={blocked()}
      onConfirm={() => void submit.run()}
      onClose={() => props.onClose()}
    >
      <Show
        when={used()}
        fallback={
          <Goes goes={GOES[props.secret.location]} remains="Jobs that are queued or running keep the value that they began with." />
        }
      >
        <p>It is used by:</p>
        <Users usedBy={props.secret.usedBy} />
      </Show>
    </Confirm>
  )
}

const GOES = {
  database: "The name and its encrypted value. The value cannot be brought back.",
  env: "The name. The variable in the worker’s environment is not touched.",
  ssm: "The name and its path, with the parameter in AWS if it lies below /viberator/secrets/. Others are not touched.",
} as const satisfies Record<Secret["location"], string>
