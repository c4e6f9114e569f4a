import { useQuery } from "../api/use-query.ts"
import { createSignal, type JSX, Show } from "solid-js"
import type { PhaseRun } from "../api/actions.ts"
import { clankersQuery } from "../api/queries.ts"
import { Button } from "../kit/button.tsx"
import { Dialog } from "../kit/dialog.tsx"
import { Notice } from "../kit/notice.tsx"
import { TextArea } from "../kit/text-area.tsx"
import { ClankerSelect } from "./clanker-select.tsx"
import { dataOf } from "./loaded.tsx"
import { createSubmit } from "./submit.ts"

interface RunDialogProps {
  open: boolean
  title: string
  act: string
  /** What the run does, where that is not plain. */
  about?: JSX.Element | undefined
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
      {props.about}
      <ClankerSelect
        label="Clanker"
        clankers={dataOf(clankers)?.items ?? []}
        none="The project’s choice"
        value={clankerId()}
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
