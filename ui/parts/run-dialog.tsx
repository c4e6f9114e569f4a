import { useQuery } from "../api/use-query.ts"
import { createSignal, type JSX, Show } from "solid-js"
import { clankersQuery } from "../api/queries.ts"
import { Button } from "../kit/button.tsx"
import { Checkbox } from "../kit/checkbox.tsx"
import { Dialog } from "../kit/dialog.tsx"
import { Notice } from "../kit/notice.tsx"
import { TextArea } from "../kit/text-area.tsx"
import { ClankerSelect } from "./clanker-select.tsx"
import { dataOf } from "./loaded.tsx"
import { createSubmit } from "./submit.ts"

/** What is asked for beside the phase; `fresh` only where the dialog retries. */
export interface RunWishes {
  clankerId?: string
  additionalContext?: string
  fresh?: true
}

interface RunDialogProps {
  open: boolean
  title: string
  act: string
  /** What the run does, where that is not plain. */
  about?: JSX.Element | undefined
  /** A job goes before it, whose work it may leave aside. */
  retries?: boolean | undefined
  onRun: (run: RunWishes) => Promise<unknown>
  onClose: () => void
}

/** Starting a worker with other settings than the project's. */
export function RunDialog(props: RunDialogProps): JSX.Element {
  const clankers = useQuery(() => ({ ...clankersQuery(), enabled: props.open }))
  const [clankerId, setClankerId] = createSignal("")
  const [context, setContext] = createSignal("")
  const [fresh, setFresh] = createSignal(false)
  const submit = createSubmit(
    () =>
      props.onRun({
        ...(clankerId() ? { clankerId: clankerId() } : {}),
        ...(context().trim() ? { additionalContext: context().trim() } : {}),
        ...(props.retries && fresh() ? { fresh: true as const } : {}),
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
        none={props.retries ? "The same as before" : "The project’s choice"}
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
      <Show when={props.retries}>
        <Checkbox
          label="Begin afresh"
          hint="The agent gets nothing of what the former job did without publishing it: neither its changes nor its session. Left off, it goes on from there. What is on the branch already stays in either case."
          checked={fresh()}
          onChange={setFresh}
        />
      </Show>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </Dialog>
  )
}
