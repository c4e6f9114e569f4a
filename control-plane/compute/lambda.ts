import { isNotFound } from "../aws/errors.ts"
import { getFunction, invoke } from "../aws/lambda.ts"
import { platformLines } from "../aws/logs.ts"
import { NO_CREDENTIALS, notDeployed, proveIdentity, refusedLaunch, settled, text } from "./aws.ts"
import { ALIAS } from "./lambda-function.ts"
import { LAMBDA_STEPS, logGroupOf } from "./lambda-provision.ts"
import { inspectionOf } from "./lambda-report.ts"
import type { InspectAnswer, Strategy } from "./strategy.ts"

/** A worker ends itself so long before AWS would: it keeps a checkpoint and says its last word in it. */
const RESERVE_SECONDS = 60
/** Log lines may carry a time a little before ours. */
const CLOCK_SKEW_MS = 60_000

/** Short jobs on AWS Lambda: one version a start, one asynchronous invocation of the alias an attempt. */
export const lambda: Strategy = {
  maxExecutionMs: (config) => (config.computeType === "lambda" ? (config.timeout - RESERVE_SECONDS) * 1000 : null),

  async provision({ config, key, step, facts }, { aws }) {
    if (config.computeType !== "lambda") return { status: "failed", message: "The configuration is not one for Lambda." }
    if (aws === null) return { status: "failed", message: NO_CREDENTIALS }
    if (step === null) return { status: "next", step: "check image", facts: {} }
    const known = Object.entries(LAMBDA_STEPS).find(([name]) => name === step)?.[1]
    if (!known) return { status: "failed", message: `The deployment step "${step}" is not known to this release.` }
    return settled(() => known({ config, key, facts, door: aws, region: config.region ?? aws.client.region }))
  },

  async describe(facts, { aws }) {
    if (aws === null) throw new Error(NO_CREDENTIALS)
    const found = (await getFunction(aws.client, text(facts, "region"), text(facts, "functionName"), ALIAS))?.Configuration
    if (!found) return { state: "gone" }
    const { State: state = "", LastUpdateStatus: lastUpdateStatus = "", Version: version = "", MemorySize, Timeout } = found
    return { state, lastUpdateStatus, version, memorySize: MemorySize ?? null, timeout: Timeout ?? null }
  },

  /** Nothing makes an invocation idempotent: of two deliveries one worker claims, and the other ends without work. */
  async launch({ env, facts }, { aws }) {
    if (aws === null) return { status: "refused", transient: false, failure: { kind: "launch-refused", detail: NO_CREDENTIALS } }
    const [region, name] = [text(facts, "region"), text(facts, "functionName")]
    if (region === "" || name === "") return notDeployed
    const event = {
      jobId: env["VIBERATOR_JOB_ID"],
      attempt: Number(env["VIBERATOR_ATTEMPT"]),
      controlPlaneUrl: env["CONTROL_PLANE_URL"],
      launchToken: env["VIBERATOR_LAUNCH_TOKEN"],
    }
    try {
      return { status: "launched", handle: await invoke(aws.client, region, name, ALIAS, event) }
    } catch (error) {
      return refusedLaunch(error)
    }
  },

  async inspect({ facts, handle, claimed, startedAt }, { aws, now }) {
    if (aws === null) return unknown(NO_CREDENTIALS)
    // Of two deliveries the one that claimed is the worker, whichever answer came back.
    const requestId = claimed?.startsWith("lambda:") ? claimed.slice("lambda:".length) : handle
    if (requestId === null || requestId === "") return unknown("AWS's answer to the invocation was lost")
    try {
      const group = text(facts, "logGroup") || logGroupOf(aws)
      const since = startedAt - CLOCK_SKEW_MS
      const { lines, complete } = await platformLines(aws.client, text(facts, "region"), { group, requestId, since })
      const limitSeconds = Number(facts["timeout"] ?? 900)
      if (!complete) return unknown("the functions' log was not read to its end")
      return inspectionOf(lines, { requestId, age: now() - startedAt, limitSeconds })
    } catch (error) {
      if (isNotFound(error)) return unknown("the functions' log group does not exist")
      throw error
    }
  },

  /** Lambda cannot be told to stop: the worker hears of it with its next acknowledgement, and ends at its limit at the latest. */
  stop: async () => undefined,

  async prove(worker, claimant, { aws }) {
    if (aws === null) return { ok: false, reason: NO_CREDENTIALS }
    const name = text(worker.facts, "functionName")
    return proveIdentity(aws, worker, claimant, { roleArn: text(worker.facts, "roleArn"), isSession: async (session) => session === name })
  },
}

const unknown = (reason: string): InspectAnswer => ({ state: "unknown", reason, oom: false })
