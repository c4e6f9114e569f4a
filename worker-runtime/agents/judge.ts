// PURE: how an agent's run ended, from its exit and its own last word.
import type { Failure } from "#contract/failures.ts"
import type { Exit } from "../platform/process.ts"
import type { Agent, AgentState, AgentTrouble } from "./agent.ts"

interface Ended {
  state: AgentState
  exit: Exit
  /** The last lines of its standard error. */
  lastLines: readonly string[]
}

/** Null is success. */
export function judgeAgent(agent: Pick<Agent, "exitCodes" | "readStderr">, ended: Ended): Failure | null {
  const { state, exit, lastLines } = ended
  if (exit.code === 0 && state.terminal === "success") return null
  const { status, text: said } = troubleOf(agent, ended)
  const detail = said === "" ? detailOf(state, exit) : said
  const words = { detail, ...(lastLines.length === 0 ? {} : { lastLines: [...lastLines] }) }
  if (status !== null && LIMIT_STATUSES.has(status) && USAGE_LIMIT.test(said))
    return { kind: "agent-usage-limit", ...resetOf(said), ...words }
  if (status === 401 || status === 403) return { kind: "agent-auth-failed", ...words }
  return {
    kind: "agent-failed",
    ...(exit.code === null ? {} : { exitCode: exit.code }),
    ...(exit.signal === null ? {} : { signal: exit.signal }),
    ...words,
  }
}

/** The stream counts first; what it leaves open, standard error or the exit code may tell. */
function troubleOf(agent: Pick<Agent, "exitCodes" | "readStderr">, { state, exit, lastLines }: Ended): AgentTrouble {
  const byCode = exit.code === null ? undefined : agent.exitCodes[exit.code]
  const told = [state.error, agent.readStderr(lastLines), byCode ?? null].filter((trouble) => trouble !== null)
  return {
    status: told.find(({ status }) => status !== null)?.status ?? null,
    text: told.find(({ text }) => text !== "")?.text ?? "",
  }
}

const LIMIT_STATUSES = new Set([400, 402, 403, 429])
/** A rate limit passes by itself in a minute; these do not. */
export const USAGE_LIMIT =
  /usage limit|limit reached|hit your (?:\w+ )?limit|credit balance|insufficient_quota|exceeded your current quota|out of credits|insufficient balance|account balance|billing/i

/** `…|1767225600` (claude's own form), else the words after "resets at". */
export function resetOf(text: string): { resetsAt?: string } {
  const [, seconds] = /\|(\d{10})\b/.exec(text) ?? []
  if (seconds !== undefined) return { resetsAt: new Date(Number(seconds) * 1000).toISOString() }
  const [, words] = /\b(?:resets?|try again|available)(?: again)?(?: at| on| in)? ([^.\n·|]{2,60})/i.exec(text) ?? []
  return words === undefined ? {} : { resetsAt: words.trim() }
}

function detailOf({ terminal }: AgentState, { code, signal }: Exit): string {
  if (signal !== null) return `It was ended by ${signal}.`
  if (code === 0)
    return terminal === "none"
      ? "It ended with exit code 0, but its output has no end: it did not finish."
      : "It ended with exit code 0 and reported an error."
  return `It ended with exit code ${code}.`
}
