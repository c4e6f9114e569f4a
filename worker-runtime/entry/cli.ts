// `viberator`: one program for every place where a worker runs.
import { parseArgs } from "node:util"
import { launchSchema } from "#contract/worker.schema.ts"
import { EXIT } from "#contract/worker.ts"
import type { Launch } from "#contract/worker.ts"
import { takeEnvironment } from "../env.ts"
import type { WorkerEnv } from "../env.ts"
import { Interrupted } from "../failure.ts"
import type { Line } from "../line.ts"
import { createLog, logCrashes } from "../log.ts"
import type { Log } from "../log.ts"
import { offlineLine } from "../platform/offline.ts"
import { onlineLine } from "../platform/online.ts"
import { createRedactor } from "../redact.ts"
import type { Redactor } from "../redact.ts"
import { MACHINE_GRACE_MS, run } from "../run.ts"
import { WORKER_VERSION } from "../version.ts"

const USAGE = `viberator [run] [--payload <file>]   one attempt of one job
viberator host …                     connect this machine as a host
viberator --version

Without --payload (or VIBERATOR_PAYLOAD) the job comes from the control plane:
VIBERATOR_JOB_ID, VIBERATOR_ATTEMPT, CONTROL_PLANE_URL, VIBERATOR_LAUNCH_TOKEN.
`

/** Answers the exit code. Never throws. */
async function main(args: readonly string[]): Promise<number> {
  const [command = "run", ...rest] = args[0]?.startsWith("-") ? ["run", ...args] : args
  if (command === "host") return (await import("./host.ts")).host(rest)
  if (command !== "run") return misuse(`There is no command "${command}".`)
  const options = readOptions(rest)
  if (options === null) return misuse("The options were not understood.")
  if (options.version === true) return say(WORKER_VERSION)
  if (options.help === true) return say(USAGE)
  const env = takeEnvironment()
  const source = sourceOf(options.payload ?? env.payload, env)
  return source.kind === "none" ? misuse(source.why) : runFrom(source, env)
}

type Source = { kind: "payload"; payload: string } | { kind: "launch"; launch: Launch } | { kind: "none"; why: string }

function sourceOf(payload: string | undefined, env: WorkerEnv): Source {
  if (payload !== undefined) return { kind: "payload", payload }
  const launch = launchSchema.safeParse(env.launch)
  return launch.success
    ? { kind: "launch", launch: launch.data }
    : {
        kind: "none",
        why: `Neither a payload nor the four launch values: ${launch.error.issues.map(({ path }) => path.join(".")).join(", ")}.`,
      }
}

async function runFrom(source: Exclude<Source, { kind: "none" }>, env: WorkerEnv): Promise<number> {
  const redactor = createRedactor()
  const now = () => Date.now()
  const log = createLog({
    redactor,
    fields: source.kind === "launch" ? { jobId: source.launch.jobId, attempt: source.launch.attempt } : {},
  })
  logCrashes(log, EXIT.internal)
  try {
    return await run({ line: lineOf({ source, env, redactor, log, now }), env, redactor, log, now, machine: machineStop() })
  } catch (error) {
    log.error(error, "worker-broke")
    return EXIT.internal
  }
}

interface LineNeeds {
  source: Exclude<Source, { kind: "none" }>
  env: WorkerEnv
  redactor: Redactor
  log: Log
  now: () => number
}

function lineOf({ source, env, redactor, log, now }: LineNeeds): Line {
  if (source.kind === "launch")
    return onlineLine({ launch: source.launch, compute: env.compute, redactor, log, now, random: Math.random, keepWork: env.keepWork })
  return offlineLine({ payload: source.payload, now, write: (line) => void process.stdout.write(`${line}\n`) })
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

function readOptions(args: readonly string[]): { payload?: string; version?: boolean; help?: boolean } | null {
  try {
    return parseArgs({
      args: [...args],
      options: { payload: { type: "string" }, version: { type: "boolean", short: "v" }, help: { type: "boolean", short: "h" } },
    }).values
  } catch {
    // An unknown option: the usage says which there are.
    return null
  }
}

function say(text: string): number {
  process.stdout.write(`${text.trimEnd()}\n`)
  return EXIT.accepted
}

function misuse(why: string): number {
  process.stderr.write(`${why}\n\n${USAGE}`)
  return EXIT.usage
}

// Written output has left by now: pipes and files are synchronous on POSIX. A stray handle must not keep the worker alive.
process.exit(await main(process.argv.slice(2)))
