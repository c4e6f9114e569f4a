// A Lambda function on this machine: AWS's runtime client with our bundle's handler, before a stand-in of the Runtime API.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { z } from "zod"
import { startRuntimeApi } from "../../testbed/runtime-api.ts"
import { layFunction } from "../../testbed/runtime-client.ts"
import { buildWorker } from "../build.ts"
import type { LambdaResult } from "../entry/lambda.ts"
import { start, startedWith } from "./processes.ts"
import type { Ended } from "./processes.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

export interface LambdaImage {
  /** The folder that holds the bundle, with the runtime client beside it. */
  folder: string
  bundle: string
  client: string
}

/**
 * All of it in one folder, which another user may be let into; the clone may lie where nobody else comes. Throws with one
 * sentence when the runtime client is neither here nor can be installed.
 */
export async function lambdaImage(): Promise<LambdaImage> {
  const folder = mkdtempSync(join(tmpdir(), "viberator-image-"))
  const bundle = await layFunction(root, await buildWorker(root), folder)
  return { folder, bundle, client: join(folder, "node_modules/aws-lambda-ric/index.mjs") }
}

export interface LambdaFunction {
  invoke(event: unknown, options?: { requestId?: string; remainingMs?: number }): Promise<LambdaResult>
  /** The runtime's own process, and how often it has asked for an event. */
  pid: number
  asked(): number
  /** Ends the environment, and answers what it has printed. */
  close(): Promise<Ended>
}

export interface FunctionOptions {
  path: string
  tmp: string
  env?: Record<string, string>
  /** What goes before `node`: a sandbox, another user. */
  before?: readonly string[]
  node?: string
  /** The bundle is the program, and finds the client by itself. */
  asProgram?: boolean
}

export async function startFunction(
  image: LambdaImage,
  { path, tmp, env = {}, before = [], node = process.execPath, asProgram = false }: FunctionOptions,
): Promise<LambdaFunction> {
  const api = await startRuntimeApi()
  mkdirSync(tmp, { recursive: true })
  const command = asProgram ? [image.bundle] : [image.client]
  const { child, ended } = start([...before, node, ...command], {
    PATH: path,
    TMPDIR: tmp,
    // As an image says it; nobody can write there.
    VIBERATOR_WORK_DIR: join(image.bundle, "nowhere"),
    AWS_LAMBDA_RUNTIME_API: api.address,
    AWS_LAMBDA_FUNCTION_NAME: "viberator",
    AWS_LAMBDA_FUNCTION_VERSION: "7",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "3008",
    AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/viberglass-test-worker",
    AWS_LAMBDA_LOG_STREAM_NAME: "2026/11/20/[7]x",
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "ASIAEXAMPLEEXAMPLE00",
    AWS_SECRET_ACCESS_KEY: ROLE_SECRET,
    AWS_SESSION_TOKEN: ROLE_TOKEN,
    ...(asProgram ? {} : { _HANDLER: "viberator.handler", LAMBDA_TASK_ROOT: dirname(image.bundle) }),
    ...env,
  })
  const died = ended.then(({ code, stderr }) => Promise.reject(new Error(`The runtime ended with ${code}: ${stderr}`)))
  died.catch(() => {})
  let count = 0
  return {
    pid: child.pid ?? 0,
    asked: api.asked,
    async invoke(event, { requestId = `request-${++count}`, remainingMs = 900_000 } = {}) {
      const { kind, body } = await Promise.race([api.invoke(event, { requestId, remainingMs }), died])
      if (kind !== "response") throw new Error(`The handler threw: ${body}`)
      return resultSchema.parse(JSON.parse(body))
    },
    async close() {
      // Not the child alone: in a sandbox it is the program that made it.
      for (const pid of startedWith(`AWS_LAMBDA_RUNTIME_API=${api.address}`)) process.kill(pid, "SIGKILL")
      const said = await ended
      api.close()
      return said
    },
  }
}
export const ROLE_SECRET = "role-secret-role-secret-role-secret-0000"
export const ROLE_TOKEN = "role-token-role-token-role-token-role-token"

/** Strict: what is not named here would be for everybody to read. */
const resultSchema = z.strictObject({
  outcome: z.enum(["reported", "succeeded", "failed", "stopped", "fenced", "unreachable", "bad-event", "lost", "busy", "internal"]),
  exitCode: z.number().int(),
  jobId: z.string().exactOptional(),
  attempt: z.number().exactOptional(),
  error: z.string().exactOptional(),
  batchItemFailures: z.array(z.strictObject({ itemIdentifier: z.string() })).exactOptional(),
})

export function removeImage({ folder }: LambdaImage): void {
  rmSync(folder, { recursive: true })
}
