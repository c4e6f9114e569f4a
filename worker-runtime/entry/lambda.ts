// A function of AWS Lambda: each invocation is one worker, in a process of its own.
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { basename, dirname, extname } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { z } from "zod"
import { EXIT } from "#contract/worker.ts"
import type { Launch } from "#contract/worker.ts"
import { lambdaRuntime, nameHandler, workerEnvironment } from "../env.ts"
import { createLog } from "../log.ts"
import type { Log } from "../log.ts"
import { openSandbox } from "../platform/sandbox.ts"
import type { Sandbox } from "../platform/sandbox.ts"
import { createRedactor } from "../redact.ts"
import { readInvocation } from "./lambda-event.ts"
import type { Invocation, Order } from "./lambda-event.ts"

/** What of AWS's context is used. */
export interface LambdaContext {
  awsRequestId: string
  getRemainingTimeInMillis(): number
}

/** Nothing in it is secret: whoever invokes the function gets it, and asynchronous invocations may record it. */
export interface LambdaResult {
  /** `reported`: the control plane has the result. Without one it is the result itself. */
  outcome: "reported" | "succeeded" | "failed" | "stopped" | "fenced" | "unreachable" | "bad-event" | "lost" | "busy" | "internal"
  /** As the command line would have ended. */
  exitCode: number
  jobId?: string
  attempt?: number
  error?: string
  /** For SQS: the messages that must come again. */
  batchItemFailures?: { itemIdentifier: string }[]
}

/** A worker that has not ended by then will not: what is left is for the answer. */
const KILL_BEFORE_MS = 5_000

let sandbox: Sandbox | null = null
let busy = false

/**
 * Never throws, and answers when the worker has ended. The worker is a process of its own: what it knew is gone with it,
 * and this process lives on (docs/decisions/0013).
 */
export async function handler(event: unknown, context: LambdaContext): Promise<LambdaResult> {
  const redactor = createRedactor()
  const invocation = readInvocation(event)
  const { order } = invocation
  const names = order.kind === "launch" ? { jobId: order.launch.jobId, attempt: order.launch.attempt } : jobOf(order)
  if (order.kind === "launch") redactor.register(order.launch.launchToken)
  const log = createLog({ redactor, fields: { requestId: context.awsRequestId, ...names } })
  try {
    const { outcome, exitCode, error } = await obey(order, context, log)
    const told = error === undefined ? {} : { error: redactor.clean(error) }
    log.info("lambda.ended", { outcome, exitCode, ...told })
    return { outcome, exitCode, ...names, ...told, ...failuresOf(invocation, exitCode) }
  } catch (error) {
    log.error(error, "lambda.broke")
    return { outcome: "internal", exitCode: EXIT.internal, ...names, ...failuresOf(invocation, EXIT.internal) }
  }
}

type Ended = Pick<LambdaResult, "outcome" | "exitCode" | "error">

async function obey(order: Order, context: LambdaContext, log: Log): Promise<Ended> {
  if (order.kind === "bad") return { outcome: "bad-event", exitCode: EXIT.usage, error: order.why }
  // Two at once would take each other's files and processes away; Lambda sends one at a time unless it is told otherwise.
  if (busy) return { outcome: "busy", exitCode: EXIT.unreachable, error: "This environment has a worker already." }
  busy = true
  if (lambdaRuntime()?.sandbox === true) sandbox ??= openSandbox(tmpdir())
  try {
    // Before too: a runtime that had to be started again finds the files of the one before it.
    await sandbox?.clean(log)
    return await runWorker(order, context)
  } finally {
    await sandbox?.clean(log)
    busy = false
  }
}

async function runWorker(order: Exclude<Order, { kind: "bad" }>, context: LambdaContext): Promise<Ended> {
  const endsAt = Date.now() + context.getRemainingTimeInMillis()
  const child = startWorker(order, { requestId: context.awsRequestId, endsAt, home: tmpdir() })
  let status: Ended["outcome"] = "reported"
  child.on("message", (message) => {
    const said = saidSchema.safeParse(message)
    if (said.success && order.kind === "payload") status = said.data.status
  })
  const killer = setTimeout(() => child.kill("SIGKILL"), Math.max(0, endsAt - Date.now() - KILL_BEFORE_MS))
  const [code, signal]: unknown[] = await once(child, "close")
  clearTimeout(killer)
  if (typeof code !== "number") return { outcome: "lost", exitCode: EXIT.internal, error: `The worker was ended by ${String(signal)}.` }
  return { outcome: code === EXIT.accepted ? status : (OUTCOMES[code] ?? "internal"), exitCode: code }
}
const saidSchema = z.object({ status: z.enum(["succeeded", "failed", "stopped"]) })
const OUTCOMES: Readonly<Record<number, Ended["outcome"]>> = { [EXIT.unreachable]: "unreachable", [EXIT.fenced]: "fenced" }

function startWorker(order: Exclude<Order, { kind: "bad" }>, place: { requestId: string; endsAt: number; home: string }): ChildProcess {
  const launch: Launch | null = order.kind === "launch" ? order.launch : null
  const args = launch === null ? ["run", "--payload", "-"] : ["run"]
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    env: workerEnvironment(launch, place),
    cwd: place.home,
    stdio: ["pipe", "inherit", "inherit", "ipc"],
  })
  // A worker that ends without reading breaks the pipe; its exit code says what happened.
  child.stdin?.on("error", () => child.stdin?.destroy())
  child.stdin?.end(order.kind === "payload" ? JSON.stringify(order.payload) : "")
  return child
}

/** A payload is checked by the worker; its name is wanted before. */
function jobOf(order: Order): { jobId?: string; attempt?: number } {
  const payload = order.kind === "payload" ? namedSchema.safeParse(order.payload) : null
  return payload?.success ? { jobId: payload.data.job.id, attempt: payload.data.job.attempt } : {}
}
const namedSchema = z.object({ job: z.object({ id: z.string().max(200), attempt: z.number() }) })

/**
 * SQS sends a message again that is named here. A job that somebody else has, or that is over, is done with; one whose
 * control plane could not be reached, and one that nobody understands, is for the queue to repeat or to put aside.
 */
function failuresOf(invocation: Invocation, exitCode: number): Pick<LambdaResult, "batchItemFailures"> {
  if (invocation.kind === "one") return {}
  const done = exitCode === EXIT.accepted || exitCode === EXIT.fenced
  const again = [...(done ? [] : [invocation.messageId]), ...invocation.others]
  return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) }
}

/** The bundle as the image's program: AWS's runtime client, which lies beside it, loads it again for the handler. */
export function serveLambda(bundle: string, misuse: (why: string) => number): void {
  nameHandler(dirname(bundle), `${basename(bundle, extname(bundle))}.handler`)
  const client = runtimeClient(bundle)
  if (client === null) process.exitCode = misuse("AWS_LAMBDA_RUNTIME_API is set, but aws-lambda-ric is not installed beside this file.")
  else void import(client)
}

function runtimeClient(bundle: string): string | null {
  try {
    return pathToFileURL(createRequire(bundle).resolve("aws-lambda-ric")).href
  } catch {
    // Not there: the caller says so.
    return null
  }
}
