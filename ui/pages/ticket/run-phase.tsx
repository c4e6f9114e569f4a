import { createSignal, type JSX, Show } from "solid-js"
import Play from "lucide-solid/icons/play"
import RotateCw from "lucide-solid/icons/rotate-cw"
import type { Job } from "#contract/jobs.ts"
import { overrideTicket, type PhaseRun, retryJob, runPhase } from "../../api/actions.ts"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { useProjectPermission } from "../../parts/permission.ts"
import { RunDialog } from "../../parts/run-dialog.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import type { PanelProps } from "./phase-panel.tsx"

type RunPhaseProps = PanelProps & {
  act: string
  /** A failed job to go on from. */
  retryOf?: Job | undefined
  /** Something came of the phase already: the run is not the next act, only possible. */
  again?: boolean | undefined
  closedWhy?: string | undefined
}

/** The button that starts a worker, its settings, and why it cannot be pressed. */
export function RunPhase(props: RunPhaseProps): JSX.Element {
  const { writeReason } = useProjectPermission(() => props.ticket.projectId)
  const [choosing, setChoosing] = createSignal(false)
  const [skipping, setSkipping] = createSignal(false)
  const start = (run: PhaseRun = {}) => (props.retryOf ? retryJob(props.retryOf.id, run) : runPhase(props.ticket.id, props.phase, run))
  const submit = createSubmit(() => start())
  const reason = () => writeReason() ?? props.closedWhy ?? props.notReady
  return (
    <>
      <div class="row">
        <Button
          kind={props.active && !props.again ? "primary" : "plain"}
          icon={props.retryOf || props.again ? RotateCw : Play}
          busy={submit.busy()}
          disabledReason={reason()}
          onClick={() => void submit.run()}
        >
          {props.act}
        </Button>
        <Show when={!reason()}>
          <Button kind="quiet" onClick={() => setChoosing(true)}>
            Options…
          </Button>
        </Show>
        <Show when={props.phase === "execution" && props.closedWhy && !writeReason()}>
          <Button kind="quiet" onClick={() => setSkipping(true)}>
            Go without a plan…
          </Button>
        </Show>
        <Show when={!props.closedWhy && !writeReason() && props.notReady}>
          <a href={paths.project(props.ticket.projectId)}>Open the project</a>
        </Show>
      </div>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <RunDialog open={choosing()} title={props.act} act={props.act} onRun={start} onClose={() => setChoosing(false)} />
      <SkipDialog ticketId={props.ticket.id} open={skipping()} onClose={() => setSkipping(false)} />
    </>
  )
}

function SkipDialog(props: { ticketId: string; open: boolean; onClose: () => void }): JSX.Element {
  const [reason, setReason] = createSignal("")
  const submit = createSubmit(() => overrideTicket(props.ticketId, reason().trim()), ["reason"])
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title="Go without an approved plan"
      actions={
        <Button
          kind="primary"
          busy={submit.busy()}
          disabledReason={reason().trim() ? null : "Say why first: it is kept in the timeline."}
          onClick={() => void submit.run().then((done) => done && props.onClose())}
        >
          Open execution
        </Button>
      }
    >
      <TextArea
        label="Reason"
        rows={3}
        hint="Execution may then start without a plan that somebody approved. This can be done once for a ticket."
        value={reason()}
        onInput={setReason}
        error={submit.fieldError("reason")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </Dialog>
  )
}
