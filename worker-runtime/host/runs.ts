import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import type { Exited } from "./engine.ts"
import type { Log } from "../log.ts"

/** A tombstone outlives its worker for so long, so that a late repeat of `run` cannot start the attempt twice. */
const KEEP_MS = 24 * 3_600_000

/**
 * Times are milliseconds since 1970. `process` is there for workers that are processes, but for the moment between the
 * tombstone and the start it announces; a container is found by its name, the handle.
 */
const runSchema = z.object({
  jobId: z.string(),
  attempt: z.number().int(),
  handle: z.string(),
  callId: z.string(),
  process: z.object({ pid: z.number().int(), startTicks: z.string(), bootId: z.string() }).optional(),
  startedAt: z.number(),
  /** When its grace ends, once a stop was asked for; on disk, so that a new host process keeps the promise. */
  killAt: z.number().optional(),
  exit: z
    .object({ exitCode: z.number().nullable(), signal: z.string().optional(), oom: z.boolean(), reason: z.string(), at: z.number() })
    .optional(),
  stored: z.boolean(),
})
export type Run = z.infer<typeof runSchema>
export type RunExit = NonNullable<Run["exit"]>

export const markOf = ({ jobId, attempt }: Pick<Run, "jobId" | "attempt">) => `${jobId}-${attempt}`
export const runFolder = (state: string, run: Pick<Run, "jobId" | "attempt">) => join(state, "runs", markOf(run))
export const workFolder = (state: string, run: Run) => join(runFolder(state, run), "work")
const recordFile = (state: string, run: Run) => join(state, "runs", `${run.handle}.json`)

export function loadRuns(state: string, log: Log): Map<string, Run> {
  const folder = join(state, "runs")
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const runs = new Map<string, Run>()
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".json"))) {
    const run = parseRun(readFileSync(join(folder, name), "utf8"))
    if (run) runs.set(run.handle, run)
    else log.warn("host.record-unreadable", { file: join(folder, name) })
  }
  return runs
}

/** Written beside and moved over: a host killed in the middle leaves the old record or the new one. */
export function saveRun(state: string, run: Run): void {
  const file = recordFile(state, run)
  writeFileSync(`${file}.new`, JSON.stringify(run), { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}

/** An exit that is not stored yet is kept for as long as it takes. */
export const isExpired = (run: Run, now: number) => run.exit !== undefined && run.stored && now - run.exit.at > KEEP_MS

export function forgetRun(state: string, run: Run, { keepFolder = false }: { keepFolder?: boolean } = {}): void {
  if (!keepFolder) rmSync(runFolder(state, run), { recursive: true, force: true })
  rmSync(recordFile(state, run), { force: true })
}

export function toExited({ jobId, attempt, handle }: Run, { exitCode, signal, oom, reason }: RunExit): Exited {
  return { jobId, attempt, handle, exitCode, ...(signal && { signal }), oom, reason }
}

function parseRun(text: string): Run | undefined {
  try {
    return runSchema.safeParse(JSON.parse(text)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
