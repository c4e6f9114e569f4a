import { afterAll, beforeAll, beforeEach } from "vitest"
import type { DeploymentConfig } from "#contract/clankers.ts"
import { deploymentConfigSchema } from "#contract/clankers.schema.ts"
import { createAws } from "../aws/client.ts"
import { AwsError } from "../aws/errors.ts"
import { resolve } from "#contract/resolve.ts"
import {
  type DeploymentFacts,
  type Doors,
  type LaunchRequest,
  type ProvisionAnswer,
  STRATEGIES,
  type Strategy,
} from "../compute/strategy.ts"
import { type Call, hasMoto, type LocalAws, NO_MOTO, REGION, startAws } from "../../testbed/aws.ts"
import { controlPlanePolicy } from "../../testbed/aws-policies.ts"

const clanker = { id: "clk_0123456789", slug: "builder" }

/** A wait that a step asked for, and why. */
export interface Waited {
  step: string | null
  reason: string
}
export interface Provisioned {
  steps: string[]
  waits: Waited[]
  /** Steps whose answer was lost, and which were made again. */
  lost: (string | null)[]
}
type Outcome = Provisioned & ({ ok: true; facts: DeploymentFacts } | { ok: false; message: string })

/** The strategies as the objects drive them, on an AWS of this file's own that checks signatures and rights. Skips where moto is not installed. */
export function computeOnMoto() {
  const on: { local?: LocalAws; doors?: Doors } = {}
  const local = () => given(on.local)
  const doors = () => given(on.doors)

  beforeAll(async () => {
    if (!hasMoto) return
    const started = (on.local = await startAws())
    on.doors = await openDoors(started)
  })
  afterAll(() => on.local?.close())
  beforeEach(async ({ skip }) => {
    skip(!hasMoto, NO_MOTO)
    await local().tasks("run")
    await local().forgetCalls()
  })

  function resolved(input: object): DeploymentConfig {
    const answer = resolve(deploymentConfigSchema.parse(input), clanker, { managed: doors().aws?.managed ?? {}, region: REGION })
    if (!answer.ok) throw new Error(JSON.stringify(answer.fields))
    return answer.config
  }

  /** Runs every step as a clanker's object does; `before` is told of each call. */
  async function provision(
    input: object,
    { key = crypto.randomUUID(), before }: { key?: string; before?: (step: string | null, call: number) => Promise<void> } = {},
  ): Promise<Outcome> {
    const config = resolved(input)
    const strategy: Strategy = STRATEGIES[config.computeType]
    let [step, facts]: [string | null, DeploymentFacts] = [null, {}]
    const seen: Provisioned = { steps: [], waits: [], lost: [] }
    for (let calls = 0; calls < 60; calls++) {
      await before?.(step, calls)
      const answer: ProvisionAnswer | null = await strategy
        .provision({ config, key, step, startedAt: Date.now(), facts }, doors())
        .catch((error: unknown) => {
          if (!(error instanceof AwsError) || !error.lost) throw error
          return null
        })
      if (answer === null) {
        seen.lost.push(step)
        continue
      }
      if (answer.status === "done") return { ok: true, facts: answer.facts, ...seen }
      if (answer.status === "failed") return { ok: false, message: answer.message, ...seen }
      if (answer.status === "wait") {
        seen.waits.push({ step, reason: answer.reason })
        continue
      }
      step = answer.step
      facts = { ...facts, ...answer.facts }
      seen.steps.push(answer.step)
    }
    throw new Error(`the step ${step} has no end`)
  }

  async function deployed(input: object, key?: string): Promise<DeploymentFacts> {
    const done = await provision(input, key === undefined ? {} : { key })
    if (!done.ok) throw new Error(done.message)
    return done.facts
  }

  /** Until it has ended. */
  async function seen(strategy: Strategy, worker: Parameters<Strategy["inspect"]>[0]) {
    for (const end = Date.now() + 20_000; ;) {
      const inspection = await strategy.inspect(worker, doors())
      if (inspection.state === "stopped") return inspection
      if (Date.now() > end) throw new Error(JSON.stringify(inspection))
    }
  }

  return {
    ...{ local, doors, resolved, provision, deployed, seen },
    ecsInput: () => ({ computeType: "ecs", containerImage: local().made.image, cpu: 256, memory: 512 }),
    lambdaInput: () => ({ computeType: "lambda", imageUri: local().made.image }),
  }
}

async function openDoors(started: LocalAws): Promise<Doors> {
  const key = await started.user("control-plane", controlPlanePolicy())
  await started.checkRights(true)
  const client = createAws({ region: REGION, endpoints: { default: started.url }, credentials: async () => key })
  const { made } = started
  return {
    now: Date.now,
    host: () => {
      throw new Error("no host here")
    },
    connectedHosts: async () => [],
    aws: {
      ...{ client, environment: "local", publicUrl: "http://control-plane.test" },
      managed: {
        ...{ cluster: made.clusterArn, executionRoleArn: made.executionRoleArn, taskRoleArn: made.taskRoleArn },
        ...{ lambdaRoleArn: made.lambdaRoleArn, subnetIds: made.subnetIds, securityGroupIds: made.securityGroupIds },
        assignPublicIp: true,
      },
    },
  }
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error(NO_MOTO)
  return value
}

/** A first launch of these facts. */
export function attempt(facts: DeploymentFacts, over: Partial<LaunchRequest> = {}): LaunchRequest {
  const jobId = over.jobId ?? `job_${crypto.randomUUID().replaceAll("-", "")}`
  const env = { VIBERATOR_JOB_ID: jobId, VIBERATOR_ATTEMPT: "1", CONTROL_PLANE_URL: "http://x", VIBERATOR_LAUNCH_TOKEN: "vl_1" }
  return { jobId, attempt: 1, try: 1, env, facts, ...over }
}

/** Those that change something. */
export const made = (calls: Call[]): string[] => calls.map(({ action }) => action).filter((action) => !/^(Describe|List|Get)/.test(action))
