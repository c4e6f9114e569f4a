import { CLOCKS } from "#contract/jobs.ts"
import { judgeAgent } from "../agents/judge.ts"
import { NOTHING_READ } from "../agents/agent.ts"
import type { Agent, AgentState } from "../agents/agent.ts"
import type { Doors } from "../doors.ts"
import type { Cloned, Worked } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import { readVitals } from "../platform/descendants.ts"
import { runTree } from "../platform/process.ts"
import type { EventBody } from "../line.ts"
import type { Exit } from "../platform/process.ts"
import type { Teller } from "../tell.ts"
import { readOutput } from "../workspace.ts"

/** Read whole, so that it can be redacted before `report` cuts it to the contract's 512 KiB. */
const DOCUMENT_BYTES = 4 * 1024 * 1024
const PULL_REQUEST_BYTES = 60_000

/** Step 6: the agent works; what it says becomes events; what it wrote for us is read. */
export async function runAgent(facts: Cloned, doors: Doors, signal: AbortSignal): Promise<Worked> {
  const { payload, workspace } = facts
  const state = await drive(facts, doors, signal)
  const wantsDocument = payload.job.kind === "research" || payload.job.kind === "planning"
  const document = wantsDocument ? ((await readOutput(workspace, "document.md", DOCUMENT_BYTES)) ?? state.lastMessage.trim()) : null
  if (document === "") throw new StepFailure({ kind: "no-document" })
  const pullRequestText = wantsDocument ? null : await readOutput(workspace, "pull-request.md", PULL_REQUEST_BYTES)
  return {
    ...facts,
    lastMessage: state.lastMessage,
    usage: state.usage,
    document,
    pullRequestText,
  }
}

async function drive(facts: Cloned, doors: Doors, signal: AbortSignal): Promise<AgentState> {
  const { agent, binary, args, childEnv, input, workspace, mark, payload } = facts
  const { clocks, teller, line, transcript } = doors
  let state: AgentState = { ...NOTHING_READ, model: payload.agent.model ?? agent.slug }
  const lastLines: string[] = []
  const silence = new AbortController()
  const firstEvent = setTimeout(() => silence.abort(), clocks.firstEventMs)
  transcript.open(workspace)
  const limits = { signal: AbortSignal.any([signal, silence.signal]), mark, graceMs: clocks.stopGraceMs }
  const onStdout = (text: string) => {
    clearTimeout(firstEvent)
    transcript.write(text)
    if (text.trim() === "") return
    const reading = agent.read(state, text)
    state = reading.state
    for (const event of reading.events) say(teller, event)
  }
  const onStderr = (text: string) => {
    lastLines.push(text)
    if (lastLines.length > 50) lastLines.shift()
    teller.tellPart({ kind: "log", level: "warn", source: agent.slug, text: `${text}\n` })
  }
  const onStart = (pid: number) =>
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
  try {
    const exit = await runTree({ command: binary, args, cwd: workspace.repo, env: childEnv, input, onStdout, onStderr, onStart }, limits)
    teller.flush()
    signal.throwIfAborted()
    if (silence.signal.aborted) throw silent(agent.slug, clocks.firstEventMs, lastLines)
    return judged(agent, { state, exit, lastLines })
  } finally {
    clearTimeout(firstEvent)
    line.watch(null)
  }
}

/** Some CLIs hand on a message in pieces as the model speaks it: a secret may lie over two of them. */
function say(teller: Teller, event: EventBody): void {
  if (event.kind === "text" || event.kind === "reasoning") teller.tellPart(event)
  else teller.tell(event)
}

function judged(agent: Agent, ended: { state: AgentState; exit: Exit; lastLines: readonly string[] }): AgentState {
  const failure = judgeAgent(agent, ended)
  if (failure !== null) throw new StepFailure(failure)
  return ended.state
}

function silent(slug: string, firstEventMs: number, lastLines: readonly string[]): StepFailure {
  return new StepFailure({
    kind: "agent-failed",
    detail: `${slug} said nothing for ${Math.round(firstEventMs / 1000)} s and was ended.`,
    lastLines: [...lastLines],
  })
}

/** The part of the time limit after which a warning is told. */
const WARNING_AT = 0.8

/** Tells once that the time limit is near. Answers what takes the warning back. */
export function warnBeforeDeadline({ teller }: Pick<Doors, "teller">, limitMs: number): () => void {
  const text = `80 % of the time limit of ${Math.round(limitMs / 60_000)} minutes is over.`
  const timer = setTimeout(() => teller.tell({ kind: "notice", code: "deadline-near", text }), limitMs * WARNING_AT)
  return () => clearTimeout(timer)
}

export const AGENT_CLOCKS = { firstEventMs: CLOCKS.firstEventMs.ms, stopGraceMs: CLOCKS.stopGraceMs.ms }
