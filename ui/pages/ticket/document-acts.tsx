import { createSignal, type JSX, Show } from "solid-js"
import Check from "lucide-solid/icons/check"
import { documentCan, type PhaseDocument } from "#contract/tickets.ts"
import { type ApprovalAct, decideDocument, revokeApproval, runPhase } from "../../api/actions.ts"
import { ApiError } from "../../api/client.ts"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { useProjectPermission } from "../../parts/permission.ts"
import { RunDialog } from "../../parts/run-dialog.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { PHASE_WORDS } from "../../parts/words.ts"
import type { DocumentPartProps } from "./document.tsx"

const NEXT = { research: "planning", planning: "execution" } as const

/** The decision about the current revision: one act is primary, the others are beside it. */
export function DocumentActs(props: DocumentPartProps & { document: PhaseDocument }): JSX.Element {
  const { writeReason } = useProjectPermission(() => props.ticket.projectId)
  const [dialog, setDialog] = createSignal<"reject" | "again" | null>(null)
  const can = () => documentCan[props.document.state]
  const next = () => NEXT[props.phase]
  const place = () => ({ ticketId: props.ticket.id, phase: props.phase })
  const decide = (state: ApprovalAct["state"]) => decideDocument(place(), { state, revision: props.document.revision })

  const goOn = createSubmit(async () => {
    await decide("approved")
    await runPhase(props.ticket.id, next()).catch(unlessStarted)
  })
  const act = createSubmit((doing: () => Promise<unknown>) => doing())
  const reason = () => writeReason() ?? (props.running ? "A run is writing the next revision." : null)
  return (
    <Show when={!props.running}>
      <div class="document-acts">
        <div class="row">
          <Show when={can().approve}>
            <Button
              kind={props.active ? "primary" : "plain"}
              icon={Check}
              busy={goOn.busy()}
              disabledReason={reason() ?? props.notReady}
              onClick={() => void goOn.run()}
            >
              Approve and start {PHASE_WORDS[next()].toLowerCase()}
            </Button>
            <Button busy={act.busy()} disabledReason={reason()} onClick={() => void act.run(() => decide("approved"))}>
              Approve
            </Button>
          </Show>
          <Show when={can().request && !reason()}>
            <Button onClick={() => void act.run(() => decide("requested"))}>Request approval</Button>
          </Show>
          <Show when={can().reject && !reason()}>
            <Button kind="danger" onClick={() => setDialog("reject")}>
              Reject…
            </Button>
          </Show>
          <Show when={can().revoke && !reason()}>
            <Button onClick={() => void act.run(() => revokeApproval(place()))}>
              {props.document.state === "approved" ? "Revoke approval" : "Back to draft"}
            </Button>
          </Show>
          <Show when={!reason() && !props.notReady}>
            <Button kind="quiet" onClick={() => setDialog("again")}>
              Run {props.phase} again…
            </Button>
          </Show>
        </div>
        <Show when={goOn.problem() ?? act.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      </div>
      <RejectDialog
        open={dialog() === "reject"}
        onClose={() => setDialog(null)}
        onReject={(comment) => decideDocument(place(), { state: "rejected", revision: props.document.revision, comment })}
      />
      <RunDialog
        open={dialog() === "again"}
        title={`Run ${props.phase} again`}
        act={`Run ${props.phase} again`}
        onRun={(run) => runPhase(props.ticket.id, props.phase, run)}
        onClose={() => setDialog(null)}
      />
    </Show>
  )
}

/** A project may start the next phase by itself on approval: then there is nothing left to start. */
function unlessStarted(error: unknown): void {
  if (!(error instanceof ApiError) || error.code !== "ticket.job-unfinished") throw error
}

function RejectDialog(props: { open: boolean; onClose: () => void; onReject: (comment: string) => Promise<void> }): JSX.Element {
  const [comment, setComment] = createSignal("")
  const submit = createSubmit(() => props.onReject(comment().trim()), ["comment"])
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title="Reject this document"
      actions={
        <Button
          kind="danger"
          busy={submit.busy()}
          disabledReason={comment().trim() ? null : "Say what is wrong first."}
          onClick={() => void submit.run().then((done) => done && props.onClose())}
        >
          Reject
        </Button>
      }
    >
      <TextArea
        label="What is wrong"
        rows={5}
        hint="Everybody reads it in the timeline. Edit the document or run the phase again afterwards."
        value={comment()}
        onInput={setComment}
        error={submit.fieldError("comment")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </Dialog>
  )
}
