import type { ClankerStatus, DeploymentConfig, DeploymentStep } from "#contract/clankers.ts"
import type { DeploymentFacts, ProvisionAnswer } from "../compute/strategy.ts"
import { imageOnHost, madeInAws } from "./remains.ts"

/** A deployment at work: which revision, which step, since when. */
export interface Work {
  key: string
  revision: number
  config: DeploymentConfig
  step: string | null
  stepStartedAt: number
  facts: DeploymentFacts
}
export interface DeploymentState {
  version: number
  status: ClankerStatus
  statusMessage: string | null
  /** The revision that jobs use, with its facts; stays through a failed start. */
  serving: { revision: number; facts: DeploymentFacts } | null
  deployedRevision: number | null
  /** What stands outside while nothing serves: of the deployment before a deactivation, or of a start that failed. */
  left: DeploymentFacts | null
  /** Everything that any deployment, also one that was given up, has made in AWS. */
  made: string[]
  work: Work | null
  steps: DeploymentStep[]
  /** When the next provision call is due, epoch milliseconds. */
  nextAt: number | null
}
export type DeploymentEvent =
  | { type: "start"; revision: number; config: DeploymentConfig; key: string }
  | { type: "deactivate" }
  /** What stands outside was looked at; `of` are the facts that it was looked up by. */
  | { type: "described"; of: DeploymentFacts; facts: DeploymentFacts }
  | { type: "provisioned"; key: string; step: string | null; answer: ProvisionAnswer }
  | { type: "provision-failed"; key: string; step: string | null; message: string }

/** Tries of one step whose answer was lost or refused for a while. */
const RETRY_MS = 2000
/** No step may take longer: a cloud that never answers ends in `failed` with a sentence. */
export const STEP_LIMIT_MS = 10 * 60_000
/** No strategy has half as many: one that goes round in circles ends as well. */
export const STEP_COUNT_LIMIT = 40
/** Whatever a strategy says: with the two limits above it bounds the calls of one deployment. */
export const SHORTEST_WAIT_MS = 250

export const fresh: DeploymentState = {
  version: 0,
  status: "inactive",
  statusMessage: null,
  serving: null,
  deployedRevision: null,
  left: null,
  made: [],
  work: null,
  steps: [],
  nextAt: null,
}

/** Saved → deploying → active, step by step. Pure; a late answer of a superseded deployment changes nothing. */
export function transition(state: DeploymentState, event: DeploymentEvent, now: number): DeploymentState {
  switch (event.type) {
    case "start": {
      if (state.work?.revision === event.revision) return state
      const work: Work = { key: event.key, revision: event.revision, config: event.config, step: null, stepStartedAt: now, facts: {} }
      return next(state, { status: "deploying", statusMessage: null, work, steps: [], made: madeBy(state, state.work?.facts), nextAt: now })
    }
    case "deactivate":
      if (state.status === "inactive") return state
      return next(state, {
        status: "inactive",
        statusMessage: null,
        serving: null,
        left: standing(state),
        made: madeBy(state, state.work?.facts),
        work: null,
        steps: finished(state.steps, "stopped", now),
        nextAt: null,
      })
    case "described":
      return described(state, event.of, event.facts)
    case "provisioned":
      return state.work?.key === event.key && state.work.step === event.step ? provisioned(state, state.work, event.answer, now) : state
    case "provision-failed": {
      const { work } = state
      if (work?.key !== event.key || work.step !== event.step) return state
      if (now - work.stepStartedAt >= STEP_LIMIT_MS) return failed(state, event.message, now)
      return next(state, { statusMessage: event.message, nextAt: now + RETRY_MS })
    }
  }
}

function provisioned(state: DeploymentState, work: Work, answer: ProvisionAnswer, now: number): DeploymentState {
  switch (answer.status) {
    case "next":
      if (state.steps.length >= STEP_COUNT_LIMIT) return failed(state, `It came to no end within ${STEP_COUNT_LIMIT} steps.`, now)
      return next(state, {
        statusMessage: null,
        work: { ...work, step: answer.step, stepStartedAt: now, facts: { ...work.facts, ...answer.facts } },
        steps: [...finished(state.steps, "done", now), { name: answer.step, state: "running", at: iso(now) }],
        nextAt: now,
      })
    case "wait":
      if (now - work.stepStartedAt >= STEP_LIMIT_MS)
        return failed(state, `${answer.reason}: no end within ${STEP_LIMIT_MS / 60_000} minutes`, now)
      return next(state, { statusMessage: answer.reason, nextAt: now + Math.max(SHORTEST_WAIT_MS, answer.ms) })
    case "done":
      return next(state, {
        status: "active",
        statusMessage: null,
        serving: { revision: work.revision, facts: answer.facts },
        deployedRevision: work.revision,
        left: null,
        made: madeBy(state, answer.facts),
        work: null,
        steps: finished(state.steps, "done", now),
        nextAt: null,
      })
    case "failed":
      return failed(state, answer.message, now)
  }
}

/** The former deployment, if there is one, goes on serving. */
function failed(state: DeploymentState, said: string, now: number): DeploymentState {
  const message = said.trim() || "It failed without a reason."
  return next(state, {
    status: "failed",
    statusMessage: message,
    left: state.serving ? state.left : standing(state),
    made: madeBy(state, state.work?.facts),
    work: null,
    steps: finished(state.steps, "failed", now, message),
    nextAt: null,
  })
}

/** The facts to show: of what serves, else of what is being made, else of what was left. */
export function standing({ serving, work, left }: DeploymentState): DeploymentFacts | null {
  if (serving) return serving.facts
  return work && Object.keys(work.facts).length > 0 ? { ...left, ...work.facts } : left
}

const madeBy = ({ made }: DeploymentState, facts: DeploymentFacts = {}): string[] => [...new Set([...made, ...madeInAws(facts)])]

/** What stays outside when the clanker is deleted. */
export function remainsOf(state: DeploymentState): string[] {
  const facts = standing(state) ?? {}
  return [...madeBy(state, facts), ...imageOnHost(facts)]
}

/** Only of what it was asked about: another deployment may have been made meanwhile. */
function described(state: DeploymentState, of: DeploymentFacts, facts: DeploymentFacts): DeploymentState {
  if (state.serving?.facts === of) return next(state, { serving: { ...state.serving, facts: { ...of, ...facts } } })
  return state.left === of ? next(state, { left: { ...of, ...facts } }) : state
}

function finished(
  steps: DeploymentStep[],
  as: Exclude<DeploymentStep["state"], "running">,
  now: number,
  message?: string,
): DeploymentStep[] {
  return steps.map((step) => (step.state === "running" ? { ...step, state: as, at: iso(now), ...(message ? { message } : {}) } : step))
}

const next = (state: DeploymentState, changed: Partial<DeploymentState>): DeploymentState => ({
  ...state,
  ...changed,
  version: state.version + 1,
})
const iso = (ms: number): string => new Date(ms).toISOString()
