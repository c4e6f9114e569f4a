import { HARNESSES } from "../agents/agent.ts"
import type { Agent } from "../agents/agent.ts"
import type { Doors } from "../doors.ts"
import type { Configured, Received } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import { runTree } from "../platform/process.ts"
import { findProgram } from "../platform/tools.ts"
import { markOf } from "./child-env.ts"

/** A CLI that cannot say its version in this time is not usable here. */
const VERSION_MS = 30_000

/** Step 2: the agent must be known and installed here; never another one instead. */
export async function resolveClanker(facts: Received, doors: Doors, signal: AbortSignal): Promise<Configured> {
  const { slug } = facts.payload.agent
  const agent: Agent = HARNESSES[slug]
  const binary = findProgram(agent.binary, doors.env.path)
  if (binary === null)
    throw new StepFailure({ kind: "agent-not-installed", agent: slug, detail: `There is no program "${agent.binary}" on the PATH.` })
  const agentVersion = await askVersion({ agent, binary, facts, doors, signal })
  return { ...facts, agent, binary, agentVersion }
}

interface Asking {
  agent: Agent
  binary: string
  facts: Received
  doors: Doors
  signal: AbortSignal
}

async function askVersion({ agent, binary, facts: { workspace, payload }, doors: { env, clocks }, signal }: Asking): Promise<string> {
  const lines: string[] = []
  const limit = AbortSignal.timeout(VERSION_MS)
  const exit = await runTree(
    {
      command: binary,
      args: agent.versionArgs,
      cwd: workspace.tmp,
      env: { PATH: env.path, HOME: workspace.home, TMPDIR: workspace.tmp, ...env.locale },
      onStdout: (line) => lines.push(line),
      onStderr: (line) => lines.push(line),
    },
    { signal: AbortSignal.any([signal, limit]), mark: markOf(payload.job), graceMs: clocks.stopGraceMs, alone: env.alone },
  )
  signal.throwIfAborted()
  if (exit.code !== 0)
    throw new StepFailure({
      kind: "agent-not-installed",
      agent: agent.slug,
      detail: `"${agent.binary} ${agent.versionArgs.join(" ")}" failed.`,
      lastLines: lines,
    })
  const [version = "unknown"] = /\d+\.\d+[\w.+-]*/.exec(lines.join("\n")) ?? []
  return version
}
