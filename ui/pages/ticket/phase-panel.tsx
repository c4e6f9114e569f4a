import { type JSX, Match, Show, Switch } from "solid-js"
import CircleCheck from "lucide-solid/icons/circle-check"
import CircleDashed from "lucide-solid/icons/circle-dashed"
import { Dynamic } from "solid-js/web"
import type { Job } from "#contract/jobs.ts"
import type { DocumentPhase, Phase, Ticket } from "#contract/tickets.ts"
import { Card } from "../../kit/card.tsx"
import { FailureCard } from "../../parts/failure-card.tsx"
import { DocumentBadge, JobBadge, PullRequestBadge } from "../../parts/status-badge.tsx"
import { PHASE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import { PhaseDocumentPart } from "./document.tsx"
import { LiveJob } from "./live-job.tsx"
import type { PhaseState } from "./phase-state.ts"
import { PullRequestCard } from "./pull-request.tsx"
import { RunPhase } from "./run-phase.tsx"
import { WriteDocument } from "./write-document.tsx"
import "./phase-panel.css"

export interface PanelProps {
  ticket: Ticket
  phase: Phase
  state: PhaseState
  /** The panel whose act is the page's primary one. */
  active: boolean
  /** Why no run may start in this project now. */
  notReady: string | null
  /** Why the person can do nothing here: they only read, or the ticket is archived. */
  blocked: string | null
  /** A later phase that is at work now. */
  laterRunning: Phase | null
}

const WHAT = {
  research: "A clanker reads the code and writes down what the change touches. Nothing is pushed.",
  planning: "A clanker turns the research into a plan for you to approve. Nothing is pushed.",
  execution: "A clanker makes the change, runs the tests and opens a pull request.",
} as const satisfies Record<Phase, string>

/** One phase of a ticket: what it is at, what came of it, and the one thing to do next. */
export function PhasePanel(props: PanelProps): JSX.Element {
  const documentPhase = (): DocumentPhase | null =>
    props.phase !== "execution" && props.ticket.phases[props.phase].document !== null ? props.phase : null
  const writable = (): DocumentPhase | null => (props.phase === "execution" ? null : props.phase)
  return (
    <section class="phase" data-state={props.state.at} data-active={props.active ? "" : undefined} aria-labelledby={`phase-${props.phase}`}>
      <Card
        title={
          <span id={`phase-${props.phase}`} class="phase-title">
            <Dynamic component={isDone(props.state) ? CircleCheck : CircleDashed} size={16} aria-hidden="true" />
            {PHASE_WORDS[props.phase]}
          </span>
        }
        aside={<PanelBadge {...props} />}
        flush
      >
        <Show when={props.phase === "execution" && props.ticket.pullRequest}>
          {(pullRequest) => (
            <div class="phase-body" data-lean={props.state.at === "delivered" ? "" : undefined}>
              <PullRequestCard pullRequest={pullRequest()} branch={props.ticket.branch} />
            </div>
          )}
        </Show>
        <Switch>
          <Match when={runningJob(props.state)}>{(job) => <LiveJob job={job()} />}</Match>
          <Match when={failedJob(props.state)}>
            {(job) => (
              <div class="phase-body">
                <Show when={job().failure} fallback={<p class="soft">The last run failed.</p>}>
                  {(failure) => <FailureCard failure={failure()} brief action={<a href={paths.job(job().id)}>Open the job</a>} />}
                </Show>
                <RunPhase {...props} act={retryWords(job())} retryOf={job()} again={documentPhase() !== null} />
              </div>
            )}
          </Match>
          <Match when={props.state.at === "ready"}>
            <div class="phase-body">
              <p class="soft">{WHAT[props.phase]}</p>
              <RunPhase {...props} act={`Run ${PHASE_WORDS[props.phase].toLowerCase()}`} />
            </div>
          </Match>
          <Match when={closedWhy(props.state)}>
            {(why) => (
              <div class="phase-body">
                <p class="soft">{WHAT[props.phase]}</p>
                <RunPhase {...props} act={`Run ${PHASE_WORDS[props.phase].toLowerCase()}`} closedWhy={why()} />
              </div>
            )}
          </Match>
          <Match when={props.state.at === "delivered"}>
            <div class="phase-body">
              <RunPhase {...props} act="Run execution again" again />
            </div>
          </Match>
        </Switch>
        <Show when={writable()}>
          {(phase) => <WriteDocument ticket={props.ticket} phase={phase()} offered={!props.blocked && props.state.at !== "running"} />}
        </Show>
        <Show when={documentPhase()}>
          {(phase) => (
            <PhaseDocumentPart
              ticket={props.ticket}
              phase={phase()}
              active={props.active}
              notReady={props.notReady}
              blocked={props.blocked}
              laterRunning={props.laterRunning}
              running={props.state.at === "running"}
            />
          )}
        </Show>
      </Card>
    </section>
  )
}

function PanelBadge(props: PanelProps): JSX.Element {
  const document = () => props.ticket.phases[props.phase].document
  return (
    <Switch>
      <Match when={runningJob(props.state) ?? failedJob(props.state)}>{(job) => <JobBadge status={job().status} />}</Match>
      <Match when={document()}>{(state) => <DocumentBadge state={state()} />}</Match>
      <Match when={props.phase === "execution" && props.ticket.pullRequest}>{(pr) => <PullRequestBadge state={pr().state} />}</Match>
    </Switch>
  )
}

const retryWords = (job: Job): string => (job.revisionOf === undefined ? `Retry ${job.kind}` : `Retry the revision of ${job.revisionOf}`)
const isDone = ({ at }: PhaseState) => at === "approved" || at === "delivered"
const runningJob = (state: PhaseState) => (state.at === "running" ? state.job : null)
const failedJob = (state: PhaseState) => (state.at === "failed" ? state.job : null)
const closedWhy = (state: PhaseState) => (state.at === "closed" ? state.why : null)
