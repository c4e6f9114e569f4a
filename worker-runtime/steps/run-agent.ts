import type { Failure } from "#contract/failures.ts"
import { CLOCKS } from "#contract/jobs.ts"
import { judgeAgent } from "../agents/judge.ts"
import { NOTHING_READ } from "../agents/agent.ts"
import type { AgentState } from "../agents/agent.ts"
import type { Doors } from "../doors.ts"
import type { Beginning, Cloned, Worked } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import { readVitals } from "../platform/descendants.ts"
import type { EventBody } from "../line.ts"
import { goesFirst, watchMemory } from "../platform/memory.ts"
import { runTree } from "../platform/process.ts"
import type { Teller } from "../tell.ts"
import { readOutput } from "../workspace.ts"
import { overCheckpoint } from "./beginning.ts"
import { failureSeenBy, oneUsage } from "./broker.ts"
import { type Checkpoints, type Progress, startCheckpoints } from "./checkpoint.ts"
import { placePrompt } from "./prepare-agent.ts"

/** Read whole, so that it can be redacted before `report` cuts it to the contract's 512 KiB. */
const DOCUMENT_BYTES = 4 * 1024 * 1024
const PULL_REQUEST_BYTES = 60_000

/** Step 6: the agent works; what it says becomes events; what it wrote for us is read. Its work is kept outside meanwhile. */
export async function runAgent(facts: Cloned, doors: Doors, signal: AbortSignal): Promise<Worked> {
  const { beginning, workspace } = facts
  if (beginning.kind === "skip") {
    const pullRequestText = await readOutput(workspace, "pull-request.md", PULL_REQUEST_BYTES)
    return { ...facts, lastMessage: beginning.lastMessage, usage: NOTHING_READ.usage, document: null, pullRequestText }
  }
  doors.transcript.open(workspace)
  const seen: Progress = { sessionId: null, lastMessage: "" }
  const usage = oneUsage(facts.broker, (event) => say(doors.teller, event))
  const tested = facts.payload.job.kind === "self-test"
  const checkpoints = tested ? NO_CHECKPOINTS : startCheckpoints({ facts, doors, signal, look: () => seen })
  let last: { finished: boolean } | null = { finished: false }
  try {
    const done = await work({ facts, doors, signal, seen, tell: usage.tell }, beginning)
    if (done.failure !== null) throw new StepFailure(done.failure)
    const worked = await readWork({ ...facts, beginning: done.beginning }, done.state)
    // A document goes out with the result; a change may still be refused outside.
    last = worked.document === null ? { finished: true } : null
    return worked
  } finally {
    await usage.settle()
    await checkpoints.end(last)
  }
}

/** A self-test does no work that another attempt could go on with. */
const NO_CHECKPOINTS: Checkpoints = { end: async () => {} }

async function readWork(facts: Cloned, { lastMessage, usage }: AgentState): Promise<Worked> {
  const { payload, workspace, agent } = facts
  if (payload.job.kind === "self-test" && lastMessage.trim() === "")
    throw new StepFailure({ kind: "agent-failed", detail: `${agent.slug} ended well and answered nothing.` })
  const wantsDocument = payload.job.kind === "research" || payload.job.kind === "planning"
  const document = wantsDocument ? ((await readOutput(workspace, "document.md", DOCUMENT_BYTES)) ?? lastMessage.trim()) : null
  if (document === "") throw new StepFailure({ kind: "no-document" })
  const pullRequestText = wantsDocument ? null : await readOutput(workspace, "pull-request.md", PULL_REQUEST_BYTES)
  return { ...facts, lastMessage, usage: facts.broker?.ledger.usage() ?? usage, document, pullRequestText }
}

type Run = Exclude<Beginning, { kind: "skip" }>
interface Driving {
  facts: Cloned
  doors: Doors
  signal: AbortSignal
  seen: Progress
  tell: (event: EventBody) => void
}
interface Done {
  state: AgentState
  failure: Failure | null
  /** It said or did something of its own. */
  worked: boolean
}

/** A session that its CLI does not take up again is no reason to fail: the files are here. */
async function work(driving: Driving, beginning: Run): Promise<Done & { beginning: Run }> {
  const done = await drive(driving, beginning)
  const refused = beginning.kind === "session" && !done.worked && done.failure?.kind === "agent-failed"
  if (!refused) return { ...done, beginning }
  const text = `The agent did not take its session up again and begins a new one: ${done.failure?.detail ?? ""}`
  driving.doors.teller.tell({ kind: "notice", code: "session-not-resumed", text })
  const instead = overCheckpoint(driving.facts)
  return { ...(await drive(driving, instead)), beginning: instead }
}

async function drive({ facts, doors, signal, seen, tell }: Driving, begin: Run): Promise<Done> {
  const { agent, binary, childEnv, workspace, mark, payload, broker } = facts
  const { clocks, teller, line, transcript, env } = doors
  let state: AgentState = { ...NOTHING_READ, model: payload.agent.model ?? agent.slug }
  let worked = false
  const { args, input } = placePrompt(agent, begin)
  const lastLines: string[] = []
  const silence = new AbortController()
  const firstEvent = setTimeout(() => silence.abort(), clocks.firstEventMs)
  const stops = [signal, silence.signal, ...(broker === null ? [] : [broker.ends])]
  const limits = { signal: AbortSignal.any(stops), mark, graceMs: clocks.stopGraceMs, alone: env.alone }
  const onStdout = (text: string) => {
    clearTimeout(firstEvent)
    transcript.write(text)
    if (text.trim() === "") return
    const reading = agent.read(state, text)
    state = reading.state
    Object.assign(seen, { sessionId: state.sessionId, lastMessage: state.lastMessage })
    worked ||= reading.events.some(({ kind }) => kind === "text" || kind === "reasoning" || kind === "tool")
    for (const event of reading.events) tell(event)
  }
  const onStderr = (text: string) => {
    lastLines.push(text)
    if (lastLines.length > 50) lastLines.shift()
    teller.tellPart({ kind: "log", level: "warn", source: agent.slug, text: `${text}\n` })
  }
  const onStart = (pid: number) => {
    goesFirst(pid)
    line.watch(() => {
      const { alive, cpuMs, rssBytes } = readVitals(pid)
      const openTool = Object.values(state.openTools)[0]
      return {
        agentAlive: alive,
        cpuMs,
        rssBytes,
        ...(openTool === undefined ? {} : { openTool: doors.redactor.clean(openTool).slice(0, 200) }),
      }
    })
  }
  const ranOut = watchMemory()
  try {
    const exit = await runTree({ command: binary, args, cwd: workspace.repo, env: childEnv, input, onStdout, onStderr, onStart }, limits)
    teller.flush()
    signal.throwIfAborted()
    const failure = silence.signal.aborted
      ? silent(agent.slug, clocks.firstEventMs, lastLines)
      : failureSeenBy(broker, outOfMemory(judgeAgent(agent, { state, exit, lastLines }), { state, ranOut: ranOut() }))
    return { state, failure, worked }
  } finally {
    clearTimeout(firstEvent)
    line.watch(null)
  }
}

/** An agent that broke off without a last word while the kernel ended something of its container did not fail by itself. */
function outOfMemory(failure: Failure | null, { state, ranOut }: { state: AgentState; ranOut: boolean }): Failure | null {
  if (!ranOut || failure?.kind !== "agent-failed" || state.terminal !== "none") return failure
  const { detail, lastLines } = failure
  return { kind: "out-of-memory", detail: `The agent was ended. ${detail ?? ""}`.trim(), ...(lastLines && { lastLines }) }
}

/** Some CLIs hand on a message in pieces as the model speaks it: a secret may lie over two of them. */
function say(teller: Teller, event: EventBody): void {
  if (event.kind === "text" || event.kind === "reasoning") teller.tellPart(event)
  else teller.tell(event)
}

function silent(slug: string, firstEventMs: number, lastLines: readonly string[]): Failure {
  return {
    kind: "agent-failed",
    detail: `${slug} said nothing for ${Math.round(firstEventMs / 1000)} s and was ended.`,
    lastLines: [...lastLines],
  }
}

/** The part of the time limit after which a warning is told. */
const WARNING_AT = 0.8

/** Tells once that the time limit is near. Answers what takes the warning back. */
export function warnBeforeDeadline({ teller }: Pick<Doors, "teller">, limitMs: number): () => void {
  const text = `80 % of the time limit of ${Math.round(limitMs / 60_000)} minutes is over.`
  const timer = setTimeout(() => teller.tell({ kind: "notice", code: "deadline-near", text }), limitMs * WARNING_AT)
  return () => clearTimeout(timer)
}

export const AGENT_CLOCKS = {
  firstEventMs: CLOCKS.firstEventMs.ms,
  stopGraceMs: CLOCKS.stopGraceMs.ms,
  checkpointMs: CLOCKS.checkpointMs.ms,
  checkpointStopMs: CLOCKS.checkpointStopMs.ms,
}
