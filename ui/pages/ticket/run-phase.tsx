import { createSignal, type JSX, Show } from "solid-js"
import Play from "lucide-solid/icons/play"
import RotateCw from "lucide-solid/icons/rotate-cw"
import type { Job } from "#contract/jobs.ts"
import { projectQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { overrideTicket, retryJob, runPhase } from "../../api/actions.ts"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { RunDialog, type RunWishes } from "../../parts/run-dialog.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { PHASE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import { branchNote } from "./branch-note.ts"
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
  const [choosing, setChoosing] = createSignal(false)
  const [skipping, setSkipping] = createSignal(false)
  const start = (run: RunWishes = {}) => (props.retryOf ? retryJob(props.retryOf.id, run) : runPhase(props.ticket.id, props.phase, run))
  const submit = createSubmit(() => start())
  const project = useQuery(() => ({ ...projectQuery(props.ticket.projectId), enabled: props.phase === "execution" }))
  const later = () => props.laterRunning && `${PHASE_WORDS[props.laterRunning]} is at work: wait for its end or cancel it.`
  const reason = () => props.blocked ?? props.closedWhy ?? later() ?? props.notReady
  const branch = () => (props.phase === "execution" && !props.closedWhy ? branchNote(props.ticket, dataOf(project)) : null)
  return (
    <Show when={props.ticket.archivedAt === null}>
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
        <Show when={props.phase === "execution" && props.closedWhy && !props.blocked}>
          <Button kind="quiet" onClick={() => setSkipping(true)}>
            Go without a plan…
          </Button>
        </Show>
        <Show when={!props.closedWhy && !props.blocked && props.notReady}>
          <a href={paths.project(props.ticket.projectId)}>Open the project</a>
        </Show>
      </div>
      <Show when={branch()}>{(note) => <p class="soft small">{note()}</p>}</Show>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <RunDialog
        open={choosing()}
        title={props.act}
        act={props.act}
        about={branch() ? <p class="soft">{branch()}</p> : undefined}
        retries={props.retryOf !== undefined}
        onRun={start}
        onClose={() => setChoosing(false)}
      />
      <SkipDialog ticketId={props.ticket.id} open={skipping()} onClose={() => setSkipping(false)} />
    </Show>
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
