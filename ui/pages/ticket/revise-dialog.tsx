import { createSignal, For, type JSX, Show } from "solid-js"
import type { DocumentComment, DocumentPhase, PhaseDocument } from "#contract/tickets.ts"
import { reviseDocument } from "../../api/actions.ts"
import { commentsQuery } from "../../api/comments.ts"
import { clankersQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { ClankerSelect } from "../../parts/clanker-select.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { count } from "../../parts/numbers.ts"
import { createSubmit } from "../../parts/submit.ts"
import "./revise-dialog.css"

interface ReviseDialogProps {
  ticketId: string
  phase: DocumentPhase
  document: PhaseDocument
  open: boolean
  onClose: () => void
}

/** Asks a clanker for the next revision: what it will be told is all here. */
export function ReviseDialog(props: ReviseDialogProps): JSX.Element {
  const place = () => ({ ticketId: props.ticketId, phase: props.phase })
  const comments = useQuery(() => commentsQuery(place(), "open"))
  const clankers = useQuery(() => ({ ...clankersQuery(), enabled: props.open }))
  const [feedback, setFeedback] = createSignal("")
  const [clankerId, setClankerId] = createSignal("")
  const remarks = () => dataOf(comments)?.items ?? []
  const submit = createSubmit(
    () => reviseDocument(place(), { feedback: feedback().trim(), ...(clankerId() ? { clankerId: clankerId() } : {}) }),
    ["feedback", "clankerId"],
  )
  const send = async () => {
    if (!(await submit.run())) return
    setFeedback("")
    props.onClose()
  }
  const nothing = () => feedback().trim() === "" && remarks().length === 0
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={props.phase === "planning" ? "Revise the plan" : "Revise the research"}
      actions={
        <>
          <Button onClick={props.onClose}>Close</Button>
          <Button
            kind="primary"
            busy={submit.busy()}
            disabledReason={nothing() ? "Say what should change, or comment on a line first." : null}
            onClick={() => void send()}
          >
            Start the revision
          </Button>
        </>
      }
    >
      <p class="soft">
        A clanker gets revision {props.document.revision}, your feedback and every open comment, and writes revision{" "}
        {props.document.revision + 1}. That is a draft again.
      </p>
      <TextArea
        label="Feedback"
        optional={remarks().length > 0}
        rows={5}
        maxLength={20_000}
        hint="What should be different, and why."
        value={feedback()}
        onInput={setFeedback}
        error={submit.fieldError("feedback")}
      />
      <GoingAlong remarks={remarks()} />
      <ClankerSelect
        label="Clanker"
        clankers={dataOf(clankers)?.items ?? []}
        none="The project’s choice"
        value={clankerId()}
        onChange={setClankerId}
        error={submit.fieldError("clankerId")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </Dialog>
  )
}

function GoingAlong(props: { remarks: readonly DocumentComment[] }): JSX.Element {
  const along = () => `${count(props.remarks.length, "open comment")} ${props.remarks.length === 1 ? "goes" : "go"} along`
  return (
    <Show when={props.remarks.length > 0} fallback={<p class="soft small">No comment on a line is open.</p>}>
      <section class="going-along">
        <h3>{along()}</h3>
        <ul>
          <For each={props.remarks}>
            {(remark) => (
              <li>
                <span class="small soft">
                  Line {remark.line}
                  {remark.outdated ? ` of revision ${remark.revision}` : ""}, {remark.author}
                </span>
                <span>{remark.body}</span>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  )
}
