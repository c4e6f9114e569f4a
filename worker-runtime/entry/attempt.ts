// One attempt of one job by this process, wherever it runs.
import { EXIT } from "#contract/worker.ts"
import type { Claim, Launch } from "#contract/worker.ts"
import type { WorkerEnv } from "../env.ts"
import { Interrupted } from "../failure.ts"
import type { Line } from "../line.ts"
import { createLog, logCrashes } from "../log.ts"
import type { Log } from "../log.ts"
import { offlineLine } from "../platform/offline.ts"
import { onlineLine } from "../platform/online.ts"
import { readPayload, Unreadable } from "../platform/payload.ts"
import { proveIdentity } from "../platform/proof.ts"
import { readObject } from "../platform/s3.ts"
import { createRedactor } from "../redact.ts"
import type { Redactor } from "../redact.ts"
import { ANY_MACHINE, run } from "../run.ts"
import type { Place } from "../run.ts"
import { ECS_PLACE, ecsCompute } from "./ecs.ts"

/** A job from the control plane, or a payload with nobody to ask. */
export type Source = { kind: "payload"; source: string } | { kind: "launch"; launch: Launch }

/** Answers the exit code. Never throws. */
export async function attempt(source: Source, env: WorkerEnv): Promise<number> {
  const redactor = createRedactor()
  const now = () => Date.now()
  const fields = source.kind === "launch" ? { jobId: source.launch.jobId, attempt: source.launch.attempt } : {}
  const log = createLog({ redactor, fields })
  logCrashes(log, EXIT.internal)
  const place = placeOf(env)
  // From the first moment: without a listener TERM would end the process without a word.
  const machine = machineStop(place)
  try {
    const line = await lineOf({ source, env, redactor, log, now })
    sayOutcome(line)
    return await run({ line, env, redactor, log, now, machine, place })
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
  if (source.kind === "launch") {
    const compute = await computeOf({ env, log, redactor, launch: source.launch })
    return onlineLine({ launch: source.launch, compute, redactor, log, now, random: Math.random, keepWork: env.keepWork })
  }
  registerQuery(source.source, redactor)
  const payload = await readPayload(source.source, { readObject })
  return offlineLine({ payload, now, write: (line) => void process.stdout.write(`${line}\n`) })
}

/** Whoever starts a worker may say where it is (a host, our Lambda handler); else the environment tells. */
function placeOf({ compute, ecsMetadataUrl, endsAt }: WorkerEnv): Place {
  if (compute === null && ecsMetadataUrl !== undefined) return ECS_PLACE
  return { ...ANY_MACHINE, endsAt: endsAt ?? null }
}

async function computeOf({ env, ...needs }: ComputeNeeds): Promise<Claim["compute"]> {
  const { compute, ecsMetadataUrl } = env
  if (compute === null && ecsMetadataUrl === undefined) return { kind: "process", id: String(process.pid) }
  const here = compute ?? (await ecsCompute(ecsMetadataUrl ?? "", needs.log))
  if (here.kind !== "ecs" && here.kind !== "lambda") return here
  const proof = await proveIdentity({ ...needs, ...env.aws, computeId: here.id })
  return proof === null ? here : { ...here, proof }
}

interface ComputeNeeds {
  env: WorkerEnv
  launch: Launch
  log: Log
  redactor: Redactor
}

/** To whoever started this process and wants to hear of it: our Lambda handler. */
function sayOutcome(line: Line): void {
  const { finish } = line
  if (process.send === undefined) return
  line.finish = (outcome, step, grace) => {
    process.send?.({ status: outcome.status })
    return finish(outcome, step, grace)
  }
}

/** A signed address is good for whoever has its query. */
function registerQuery(source: string, redactor: Redactor): void {
  if (!/^https?:\/\//i.test(source) || !URL.canParse(source)) return
  const { search, searchParams } = new URL(source)
  redactor.register(search.slice(1))
  for (const [name, value] of searchParams) if (/sig|token|secret|credential|key|policy/i.test(name)) redactor.register(value)
}

/** TERM and INT stop the attempt: the agent is ended and the result is still said. */
function machineStop({ graceMs }: Place): AbortSignal {
  const controller = new AbortController()
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => controller.abort(new Interrupted({ kind: "stop", reason: `the machine ended the worker (${name})`, graceMs })))
  }
  return controller.signal
}
