import { type JSX, Show } from "solid-js"
import Check from "lucide-solid/icons/check"
import type { PhaseDocument } from "#contract/tickets.ts"
import { decideDocument, runPhase } from "../../api/actions.ts"
import { ApiError } from "../../api/client.ts"
import { meQuery, projectQuery } from "../../api/queries.ts"
import { settingsQuery } from "../../api/settings.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Notice } from "../../kit/notice.tsx"
import { toast } from "../../kit/toast.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { sentenceOf } from "../../parts/problem.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { PHASE_WORDS } from "../../parts/words.ts"
import type { DocumentPartProps } from "./document.tsx"

const NEXT = { research: "planning", planning: "execution" } as const

/** Approval alone, or with the next phase's run in one act. */
export function Approve(props: DocumentPartProps & { document: PhaseDocument }): JSX.Element {
  const own = useOwnWork(() => props.document)
  const project = useQuery(() => projectQuery(props.ticket.projectId))
  const next = () => NEXT[props.phase]
  const phase = () => PHASE_WORDS[next()].toLowerCase()
  const approve = () =>
    decideDocument({ ticketId: props.ticket.id, phase: props.phase }, { state: "approved", revision: props.document.revision })
  const alone = createSubmit(approve)
  const goOn = createSubmit(async () => {
    const { ticket, phase: approved } = props
    const following = next()
    await approve()
    await runPhase(ticket.id, following).catch((error: unknown) => {
      // A project may start the next phase by itself on approval: then there is nothing left to start.
      if (error instanceof ApiError && error.code === "ticket.job-unfinished") return
      // The approved document folds away, and this with it: what went wrong has to outlive both.
      toast(`${ticket.key}: ${PHASE_WORDS[approved]} is approved, but ${following} did not start. ${sentenceOf(error)}`, "bad")
    })
  })
  /** Something came of the next phase already: it is run again in its own panel, if at all. */
  const goesOn = () => {
    const { phases, pullRequest } = props.ticket
    return props.laterRunning === null && phases[next()].document === null && (next() === "planning" || pullRequest === null)
  }
  const startsItself = () => props.phase === "planning" && dataOf(project)?.autoStart.onApproval === true
  return (
    <Show
      when={!own()}
      fallback={
        <Notice tone="quiet" title="Somebody else has to approve this">
          Revision {props.document.revision} is your own work: you wrote it, or started the job that did.
        </Notice>
      }
    >
      <Show when={goesOn()}>
        <Button
          kind={props.active ? "primary" : "plain"}
          icon={Check}
          busy={goOn.busy()}
          disabledReason={props.notReady}
          onClick={() => void goOn.run()}
        >
          Approve and start {phase()}
        </Button>
      </Show>
      <Show when={!goesOn() || !startsItself()}>
        <Button
          kind={props.active && !goesOn() ? "primary" : "plain"}
          icon={goesOn() ? undefined : Check}
          busy={alone.busy()}
          onClick={() => void alone.run()}
        >
          Approve
        </Button>
      </Show>
      <Show when={goOn.problem() ?? alone.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </Show>
  )
}

/** Whether a second approver is asked for, and this person is the first. */
function useOwnWork(document: () => PhaseDocument): () => boolean {
  const me = useQuery(meQuery)
  const settings = useQuery(settingsQuery)
  return () => {
    const { authorId } = document()
    return dataOf(settings)?.requireSecondApprover === true && authorId !== null && authorId === dataOf(me)?.id
  }
}
