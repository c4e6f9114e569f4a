import type { Doors } from "../doors.ts"
import type { Beginning, Prepared, Restored } from "../facts.ts"
import { runTree } from "../platform/process.ts"
import { openSession, type SessionHeader, unpackSession } from "../platform/session-archive.ts"
import { checkpointPrompt, sessionPrompt } from "./resume-words.ts"

interface Beginner {
  facts: Prepared
  doors: Doors
  signal: AbortSignal
  restored: Restored | null
  branchExisted: boolean
}

/** How the agent begins: anew, over what an earlier session left, in that very session, or not at all. */
export async function beginningOf(beginner: Beginner): Promise<Beginning> {
  const { facts, doors, restored, branchExisted } = beginner
  const { startAt } = facts.payload.resume ?? {}
  const pushed = startAt === "open-pull-request" && branchExisted
  if (pushed || (restored !== null && (startAt === "open-pull-request" || startAt === "commit-and-push"))) {
    doors.teller.tell({ kind: "notice", code: "agent-skipped", text: `The agent does not run: the work goes on at ${startAt}.` })
    return { kind: "skip", lastMessage: restored?.lastMessage ?? "" }
  }
  if (restored === null) return { kind: "fresh", args: facts.args, prompt: facts.prompt }
  return (await session(beginner)) ?? overCheckpoint(facts)
}

export function overCheckpoint({ args, prompt }: Pick<Prepared, "args" | "prompt">): Beginning & { kind: "checkpoint" } {
  return { kind: "checkpoint", args, prompt: checkpointPrompt(prompt) }
}

/** The session is back in this HOME, or null; then a notice says why. */
async function session({ facts, doors, signal }: Beginner): Promise<Beginning | null> {
  const { payload, agent, agentVersion, workspace, stateKeys } = facts
  const { agentState, agentVersion: keptBy } = payload.resume ?? {}
  if (agentState === undefined || agent.sessionFolders === null) return null
  if (keptBy !== agentVersion)
    return without(doors, `it was kept by version ${keptBy ?? "(unknown)"} of the agent, and this is ${agentVersion}`)
  const bytes = stateKeys?.open === undefined ? null : await doors.line.resumeFile("agent-state", signal)
  if (bytes === null || stateKeys?.open === undefined) return without(doors, "it is not there any more")
  const opened = openSession(stateKeys.open, Buffer.from(bytes))
  if (opened === null || opened.header.agent !== agent.slug || opened.header.agentVersion !== agentVersion)
    return without(doors, "it cannot be read")
  const { sessionId, repository } = opened.header
  if (repository !== workspace.repo && !agent.resumesElsewhere && agent.moveSession === undefined)
    return without(doors, "this agent finds a session only in the folder that it began in")
  try {
    await unpackSession({ home: workspace.home, path: doors.env.toolPath, archive: opened.archive, signal })
    await moveSession({ facts, doors, signal }, opened.header)
  } catch (error) {
    signal.throwIfAborted()
    doors.log.error(error, "session-not-restored")
    return without(doors, "it could not be put back")
  }
  return {
    kind: "session",
    args: facts.argsToResume(sessionId),
    prompt: sessionPrompt(facts.prompt, { from: repository, to: workspace.repo }),
  }
}

function without({ teller }: Doors, why: string): null {
  teller.tell({
    kind: "notice",
    code: "session-not-resumed",
    text: `The agent begins a new session over its earlier work: the former one is not used, because ${why}.`,
  })
  return null
}

/** Some CLIs keep the folder of a session with it, and would go on there. */
async function moveSession(
  { facts, doors, signal }: Pick<Beginner, "facts" | "doors" | "signal">,
  { repository }: SessionHeader,
): Promise<void> {
  const { agent, binary, workspace, childEnv, mark } = facts
  if (agent.moveSession === undefined || repository === workspace.repo) return
  const said: string[] = []
  const exit = await runTree(
    {
      command: binary,
      args: agent.moveSession(repository, workspace.repo),
      cwd: workspace.repo,
      env: childEnv,
      onStderr: (line) => said.push(line),
    },
    { signal: AbortSignal.any([signal, AbortSignal.timeout(MOVE_MS)]), mark, graceMs: doors.clocks.stopGraceMs, alone: doors.env.alone },
  )
  if (exit.code !== 0) throw new Error(`The session could not be moved: ${said.slice(-5).join("\n")}`)
}
const MOVE_MS = 30_000
