import { createSignal, type JSX, Show } from "solid-js"
import { documentCan, type PhaseDocument } from "#contract/tickets.ts"
import { decideDocument, revokeApproval, runPhase } from "../../api/actions.ts"
import { Button } from "../../kit/button.tsx"
import { Notice } from "../../kit/notice.tsx"
import { RunDialog } from "../../parts/run-dialog.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { Approve } from "./approve.tsx"
import type { DocumentPartProps } from "./document.tsx"
import { RejectDialog } from "./reject-dialog.tsx"
import { ReviseDialog } from "./revise-dialog.tsx"

/** The decision about the current revision: one act is primary, the others are beside it. */
export function DocumentActs(props: DocumentPartProps & { document: PhaseDocument }): JSX.Element {
  const [dialog, setDialog] = createSignal<"reject" | "revise" | "again" | null>(null)
  const close = () => setDialog(null)
  const can = () => documentCan[props.document.state]
  const place = () => ({ ticketId: props.ticket.id, phase: props.phase })
  const act = createSubmit((doing: () => Promise<unknown>) => doing())
  /** Why no job may write the next revision. */
  const noJob = () => props.frozen ?? props.notReady
  return (
    <Show when={!props.running && !props.blocked}>
      <div class="document-acts">
        <div class="row">
          <Show when={can().approve}>
            <Approve {...props} />
          </Show>
          <Show when={can().request}>
            <Button onClick={() => void act.run(() => decideDocument(place(), { state: "requested", revision: props.document.revision }))}>
              Request approval
            </Button>
          </Show>
          <Show when={!noJob()}>
            <Button onClick={() => setDialog("revise")}>Revise…</Button>
          </Show>
          <Show when={can().reject}>
            <Button kind="danger" onClick={() => setDialog("reject")}>
              Reject…
            </Button>
          </Show>
          <Show when={can().revoke}>
            <Button onClick={() => void act.run(() => revokeApproval(place()))}>
              {props.document.state === "approved" ? "Revoke approval" : "Back to draft"}
            </Button>
          </Show>
          <Show when={!noJob()}>
            <Button kind="quiet" onClick={() => setDialog("again")}>
              Run {props.phase} again…
            </Button>
          </Show>
        </div>
        <Show when={props.frozen}>{(why) => <p class="soft small">{why()}</p>}</Show>
        <Show when={act.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      </div>
      <RejectDialog
        open={dialog() === "reject"}
        onClose={close}
        onReject={(comment) => decideDocument(place(), { state: "rejected", revision: props.document.revision, comment })}
      />
      <ReviseDialog {...place()} document={props.document} open={dialog() === "revise"} onClose={close} />
      <RunDialog
        open={dialog() === "again"}
        title={`Run ${props.phase} again`}
        act={`Run ${props.phase} again`}
        about={
          <p>
            The clanker starts from scratch: it gets neither this document nor its comments. What it writes becomes revision{" "}
            {props.document.revision + 1}, a draft; the former revisions stay. To change what is here, ask for a revision instead.
          </p>
        }
        onRun={(run) => runPhase(props.ticket.id, props.phase, run)}
        onClose={close}
      />
    </Show>
  )
}
