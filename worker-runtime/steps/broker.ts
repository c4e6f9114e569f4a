import { brokerNote, heldByAgent } from "#contract/agents.ts"
import type { Failure } from "#contract/failures.ts"
import { createLedger } from "../broker/ledger.ts"
import type { Doors } from "../doors.ts"
import type { Credentialed } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import { startBroker } from "../platform/broker.ts"
import type { RunningBroker } from "../platform/broker.ts"
import type { EventBody } from "../line.ts"

export interface OpenBroker extends RunningBroker {
  /** Aborted when the agent has had its time to end after its budget or the provider's quota was found spent. */
  ends: AbortSignal
}

/** The broker of this job, closed at the attempt's end; null, and said in the log, where the agent holds its key itself. */
export async function openBroker({ agent, agentSecrets, payload }: Credentialed, doors: Doors): Promise<OpenBroker | null> {
  const { teller, redactor, log, now, clocks } = doors
  const { broker: declared, slug } = agent
  const without = (why: string) => {
    const budget = payload.limits.budgetUsd === undefined ? "" : " The job's budget is not watched."
    teller.tell({ kind: "notice", code: "model-key-with-agent", text: `The agent holds the key of its model itself: ${why}${budget}` })
    return null
  }
  if ("none" in declared) return without(declared.none)
  const names = declared.keys.filter((name) => agentSecrets[name] !== undefined)
  if (names.length === 0) return without(brokerNote(slug) ?? "no key that the worker could keep is ticked.")
  const others = heldByAgent(slug, Object.keys(agentSecrets))
  if (others.length > 0) without(`${others.join(", ")} is ticked as well.`)
  const keys = Object.fromEntries(names.map((name) => [name, agentSecrets[name] ?? ""]))
  const ends = new AbortController()
  const ledger = createLedger({
    budgetUsd: payload.limits.budgetUsd,
    tell: (event) => void teller.tell(event),
    // A CLI that takes the refusal for an answer ends by itself; one that tries again and again is ended.
    onOverBudget: () => void setTimeout(() => ends.abort(), clocks.stopGraceMs).unref(),
    onUsageLimit: () => waitForEnd(),
  })
  const waitForEnd = patience({
    ms: clocks.stopGraceMs * LIMIT_PATIENCE,
    isOver: () => ledger.usageLimit() === null,
    isBusy: () => running.busy(),
    onEnd: () => ends.abort(),
  })
  const upstream = upstreamOf(payload.agent.baseUrl ?? declared.baseUrl)
  const running = await startBroker({
    dialect: declared.dialect,
    upstream,
    keys,
    ledger,
    now,
    onTrouble: (why) => log.warn("model-call-failed", { why }),
  })
  doors.atEnd(running.close)
  for (const placeholder of Object.values(running.placeholders)) redactor.register(placeholder)
  log.info("broker", { dialect: declared.dialect, upstream: upstream.host, keys: names })
  return { ...running, ends: ends.signal }
}

/** In times of the grace of a stop: a CLI may have another model to fall back to, or wait for hours for the reset. */
const LIMIT_PATIENCE = 3

interface Waiting {
  ms: number
  isOver: () => boolean
  isBusy: () => boolean
  onEnd: () => void
}

/** A clock that is set once at a time: at its end the agent is ended, unless the reason is gone or it is being answered. */
function patience(waiting: Waiting): () => void {
  const { ms, isOver, isBusy, onEnd } = waiting
  let timer: NodeJS.Timeout | null = null
  const look = () => {
    timer = null
    if (isOver()) return
    if (isBusy()) set()
    else onEnd()
  }
  const set = () => {
    timer ??= setTimeout(look, ms).unref()
  }
  return set
}

function upstreamOf(text: string): URL {
  const field = "agent.baseUrl"
  if (!URL.canParse(text)) throw new StepFailure({ kind: "invalid-payload", field, detail: "It is no URL." })
  const url = new URL(text)
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new StepFailure({ kind: "invalid-payload", field, detail: "It must begin with https:// or http://." })
  if (url.username !== "" || url.password !== "" || url.search !== "")
    throw new StepFailure({ kind: "invalid-payload", field, detail: "It must carry no user, password or query." })
  return url
}

/**
 * Usage has one source. Where there is a broker its count is told, call by call: it sees what is billed, also what the CLI
 * does beside its work or does not live to report. The CLI's own word counts when the broker could count nothing at all.
 */
export function oneUsage(broker: OpenBroker | null, tell: (event: EventBody) => void) {
  const held: EventBody[] = []
  return {
    tell(event: EventBody): void {
      if (broker !== null && event.kind === "usage") held.push(event)
      else tell(event)
    },
    async settle(): Promise<void> {
      if (broker === null) return
      await broker.settled()
      const uncounted = broker.ledger.uncounted()
      if (broker.ledger.usage() === null) for (const event of held.splice(0)) tell(event)
      if (uncounted > 0)
        tell({
          kind: "notice",
          code: "usage-incomplete",
          text: `The provider did not say what ${uncounted} of the model calls used: they are not in the usage and not in the budget.`,
        })
    },
  }
}

/** What the broker saw explains the agent's end better than the agent does; a spent budget ends the job even after a success. */
export function failureSeenBy(broker: OpenBroker | null, failure: Failure | null): Failure | null {
  if (broker === null) return failure
  const words = failure?.lastLines === undefined ? {} : { lastLines: failure.lastLines }
  const over = broker.ledger.overBudget()
  if (over !== null) return { ...over, ...words }
  const limit = broker.ledger.usageLimit()
  if (failure === null || limit === null) return failure
  const { resetsAt = failure.kind === "agent-usage-limit" ? failure.resetsAt : undefined, text } = limit
  return { kind: "agent-usage-limit", ...(resetsAt === undefined ? {} : { resetsAt }), detail: failure.detail ?? text, ...words }
}
