// One attempt of one job by this process, wherever it runs.
import { EXIT } from "#contract/worker.ts"
import type { Launch } from "#contract/worker.ts"
import type { WorkerEnv } from "../env.ts"
import { Interrupted } from "../failure.ts"
import type { Line } from "../line.ts"
import { createLog, logCrashes } from "../log.ts"
import type { Log } from "../log.ts"
import { offlineLine } from "../platform/offline.ts"
import { onlineLine } from "../platform/online.ts"
import { readPayload, Unreadable } from "../platform/payload.ts"
import { readObject } from "../platform/s3.ts"
import { createRedactor } from "../redact.ts"
import type { Redactor } from "../redact.ts"
import { MACHINE_GRACE_MS, run } from "../run.ts"

/** A job from the control plane, or a payload with nobody to ask. */
export type Source = { kind: "payload"; source: string } | { kind: "launch"; launch: Launch }

/** Answers the exit code. Never throws. */
export async function attempt(source: Source, env: WorkerEnv): Promise<number> {
  const redactor = createRedactor()
  const now = () => Date.now()
  const fields = source.kind === "launch" ? { jobId: source.launch.jobId, attempt: source.launch.attempt } : {}
  const log = createLog({ redactor, fields })
  logCrashes(log, EXIT.internal)
  try {
    const line = await lineOf({ source, env, redactor, log, now })
    return await run({ line, env, redactor, log, now, machine: machineStop() })
  } catch (error) {
    if (error instanceof Unreadable) {
      process.stderr.write(`${redactor.clean(error.message)}\n`)
      return error.exitCode
    }
    log.error(error, "worker-broke")
    return EXIT.internal
  }
}

interface LineNeeds {
  source: Source
  env: WorkerEnv
  redactor: Redactor
  log: Log
  now: () => number
}

async function lineOf({ source, env, redactor, log, now }: LineNeeds): Promise<Line> {
  if (source.kind === "launch")
    return onlineLine({ launch: source.launch, compute: env.compute, redactor, log, now, random: Math.random, keepWork: env.keepWork })
  registerQuery(source.source, redactor)
  const payload = await readPayload(source.source, { readObject })
  return offlineLine({ payload, now, write: (line) => void process.stdout.write(`${line}\n`) })
}

/** A signed address is good for whoever has its query. */
function registerQuery(source: string, redactor: Redactor): void {
  if (!/^https?:\/\//i.test(source) || !URL.canParse(source)) return
  const { search, searchParams } = new URL(source)
  redactor.register(search.slice(1))
  for (const [name, value] of searchParams) if (/sig|token|secret|credential|key|policy/i.test(name)) redactor.register(value)
}

/** TERM and INT stop the attempt: the agent is ended and the result is still said. */
function machineStop(): AbortSignal {
  const controller = new AbortController()
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () =>
      controller.abort(new Interrupted({ kind: "stop", reason: `the machine ended the worker (${name})`, graceMs: MACHINE_GRACE_MS })),
    )
  }
  return controller.signal
}
