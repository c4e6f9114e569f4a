import { useQuery } from "../api/use-query.ts"
import { createSignal, type JSX, Show } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import type { PhaseRun } from "../api/actions.ts"
import { clankersQuery } from "../api/queries.ts"
import { Button } from "../kit/button.tsx"
import { Dialog } from "../kit/dialog.tsx"
import { Notice } from "../kit/notice.tsx"
import { Select } from "../kit/select.tsx"
import { TextArea } from "../kit/text-area.tsx"
import { dataOf } from "./loaded.tsx"
import { CLANKER_LOOKS } from "./status-badge.tsx"
import { createSubmit } from "./submit.ts"

interface RunDialogProps {
  open: boolean
  title: string
  act: string
  onRun: (run: PhaseRun) => Promise<unknown>
  onClose: () => void
}

/** Starting a worker with other settings than the project's. */
export function RunDialog(props: RunDialogProps): JSX.Element {
  const clankers = useQuery(() => ({ ...clankersQuery(), enabled: props.open }))
  const [clankerId, setClankerId] = createSignal("")
  const [context, setContext] = createSignal("")
  const submit = createSubmit(
    () =>
      props.onRun({
        ...(clankerId() ? { clankerId: clankerId() } : {}),
        ...(context().trim() ? { additionalContext: context().trim() } : {}),
      }),
    ["clankerId", "additionalContext"],
  )
  const send = async () => {
    if (await submit.run()) props.onClose()
  }
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={props.title}
      actions={
        <>
          <Button onClick={props.onClose}>Close</Button>
          <Button kind="primary" busy={submit.busy()} onClick={() => void send()}>
            {props.act}
          </Button>
        </>
      }
    >
      <Select
        label="Clanker"
        value={clankerId()}
        options={[{ value: "", label: "The project's choice" }, ...(dataOf(clankers)?.items ?? []).map(optionOf)]}
        onChange={setClankerId}
        error={submit.fieldError("clankerId")}
      />
      <TextArea
        label="More context"
        optional
        rows={5}
        hint="Goes into the prompt of this run only."
        value={context()}
        onInput={setContext}
        error={submit.fieldError("additionalContext")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </Dialog>
  )
}

/** Only those that accept jobs can be chosen; the others say why not. */
const optionOf = ({ id, name, acceptsJobs, status }: Clanker) => ({
  value: id,
  label: acceptsJobs ? name : `${name} (${CLANKER_LOOKS[status].word.toLowerCase()})`,
  disabled: !acceptsJobs,
})
