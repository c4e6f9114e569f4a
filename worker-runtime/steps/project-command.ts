import type { Doors } from "../doors.ts"
import type { Prepared } from "../facts.ts"
import { goesFirst, watchMemory } from "../platform/memory.ts"
import { runTree } from "../platform/process.ts"

export interface CommandDone {
  exitCode: number
  lastLines: readonly string[]
  /** The kernel ended something of the container meanwhile, because memory ran out. */
  ranOut: boolean
}

export interface ProjectCommand {
  command: string
  /** Source of the log events. */
  source: string
  facts: Prepared
  doors: Doors
  signal: AbortSignal
}

/** A command of the project (`setupCommand`, `testCommand`) in its repository, with the agent's environment. */
export async function runProjectCommand({ command, source, facts, doors, signal }: ProjectCommand): Promise<CommandDone> {
  const lastLines: string[] = []
  const say = (level: "info" | "warn") => (line: string) => {
    lastLines.push(line)
    if (lastLines.length > 50) lastLines.shift()
    doors.teller.tellPart({ kind: "log", level, source, text: `${line}\n` })
  }
  const ranOut = watchMemory()
  const exit = await runTree(
    {
      command: "/bin/sh",
      args: ["-c", command],
      cwd: facts.workspace.repo,
      env: facts.childEnv,
      onStdout: say("info"),
      onStderr: say("warn"),
      onStart: goesFirst,
    },
    { signal, mark: facts.mark, graceMs: doors.clocks.stopGraceMs, alone: doors.env.alone },
  )
  doors.teller.flush()
  signal.throwIfAborted()
  // A shell's own convention for a command that a signal ended.
  return { exitCode: exit.code ?? 128, lastLines, ranOut: ranOut() }
}
