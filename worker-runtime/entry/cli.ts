// `viberator`: one program for every place where a worker runs.
import { realpathSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { launchSchema } from "#contract/worker.schema.ts"
import { EXIT } from "#contract/worker.ts"
import { lambdaRuntime, takeEnvironment } from "../env.ts"
import type { WorkerEnv } from "../env.ts"
import { WORKER_VERSION } from "../version.ts"
import type { Source } from "./attempt.ts"
import { serveLambda } from "./lambda.ts"

/** For AWS's runtime client: `viberator.handler`. */
export { handler } from "./lambda.ts"

const USAGE = `viberator [run] [--payload <where>]  one attempt of one job
viberator host …                     connect this machine as a host
viberator --version

Without --payload (or VIBERATOR_PAYLOAD) the job comes from the control plane:
VIBERATOR_JOB_ID, VIBERATOR_ATTEMPT, CONTROL_PLANE_URL, VIBERATOR_LAUNCH_TOKEN.
With it there is no control plane, and events are lines of JSON on standard output.
<where> is a file, - (standard input), s3://bucket/key, https://… or the JSON itself.
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
  return typeof source === "string" ? misuse(source) : (await import("./attempt.ts")).attempt(source, env)
}

/** Or why there is none. */
function sourceOf(payload: string | undefined, env: WorkerEnv): Source | string {
  if (payload !== undefined) return { kind: "payload", source: payload }
  const launch = launchSchema.safeParse(env.launch)
  if (launch.success) return { kind: "launch", launch: launch.data }
  return `Neither a payload nor the four launch values: ${launch.error.issues.map(({ path }) => path.join(".")).join(", ")}.`
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

/** This file is the program, and not what a runtime client has loaded for its handler. */
const [, program, ...args] = process.argv
const isProgram = program !== undefined && realpathSync(program) === fileURLToPath(import.meta.url)

if (isProgram && args.length === 0 && lambdaRuntime() !== null) serveLambda(fileURLToPath(import.meta.url), misuse)
// Written output has left by now: pipes and files are synchronous on POSIX. A stray handle must not keep the worker alive.
else if (isProgram) process.exit(await main(args))
