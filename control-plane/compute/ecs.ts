import type { RunTaskRequest, Task } from "@aws-sdk/client-ecs"
import { describeCluster, describeTaskDefinition, describeTasks, listTasks, runTask, stopTask } from "../aws/ecs.ts"
import { isNotFound } from "../aws/errors.ts"
import { launchRefused, list, NO_CREDENTIALS, notDeployed, proveIdentity, refusedLaunch, settled, text } from "./aws.ts"
import { ECS_STEPS } from "./ecs-provision.ts"
import { attemptOf, inspectionOf, isPassing, taskIdOf } from "./ecs-task.ts"
import type { AwsDoor, InspectAnswer, LaunchRequest, Strategy, WorkerHandle } from "./strategy.ts"

/** Long jobs on AWS ECS Fargate: one task definition revision a start, one task an attempt. */
export const ecs: Strategy = {
  maxExecutionMs: () => null,

  async provision({ config, key, step, facts }, { aws }) {
    if (config.computeType !== "ecs") return { status: "failed", message: "The configuration is not one for ECS." }
    if (aws === null) return { status: "failed", message: NO_CREDENTIALS }
    if (step === null) return { status: "next", step: "check cluster", facts: {} }
    const known = Object.entries(ECS_STEPS).find(([name]) => name === step)?.[1]
    if (!known) return { status: "failed", message: `The deployment step "${step}" is not known to this release.` }
    return settled(() => known({ config, key, facts, door: aws, region: config.region ?? aws.client.region }))
  },

  async describe(facts, { aws }) {
    if (aws === null) throw new Error(NO_CREDENTIALS)
    const region = text(facts, "region")
    const [cluster, status] = await Promise.all([
      describeCluster(aws.client, region, text(facts, "clusterArn")),
      describeTaskDefinition(aws.client, region, text(facts, "taskDefinitionArn")).then(
        ({ definition }) => definition.status ?? "",
        goneOr,
      ),
    ])
    return { clusterStatus: cluster?.status ?? GONE, status }
  },

  async launch(request, { aws }) {
    if (aws === null) return { status: "refused", transient: false, failure: { kind: "launch-refused", detail: NO_CREDENTIALS } }
    const region = text(request.facts, "region")
    if (region === "" || text(request.facts, "taskDefinitionArn") === "") return notDeployed
    try {
      const { tasks = [], failures = [] } = await runTask(aws.client, region, taskRequest(request))
      const handle = tasks[0]?.taskArn
      if (handle !== undefined) return { status: "launched", handle }
      const reason = [failures[0]?.reason, failures[0]?.detail].filter(Boolean).join(": ") || "AWS started no task and did not say why"
      if (isPassing(reason)) return { status: "not-now", reason: `AWS has no room for the task (${reason})` }
      return { status: "refused", transient: false, failure: launchRefused(failures[0]?.reason ?? "no task", reason) }
    } catch (error) {
      return refusedLaunch(error)
    }
  },

  async inspect(worker, { aws }) {
    if (aws === null) return unknown(NO_CREDENTIALS)
    if (text(worker.facts, "clusterArn") === "") return unknown("the deployment names no cluster")
    const task = await find(worker, aws)
    if (task === null) return { state: "gone", reason: "ECS knows no task of this attempt", oom: false }
    return inspectionOf(task, text(worker.facts, "container"), text(worker.facts, "image"))
  },

  async stop(worker, { aws }) {
    if (aws === null) throw new Error(NO_CREDENTIALS)
    const task = worker.handle ?? (await find(worker, aws))?.taskArn
    if (task === undefined) return
    try {
      const cluster = text(worker.facts, "clusterArn")
      await stopTask(aws.client, text(worker.facts, "region"), { cluster, task, reason: `Viberglass ended ${worker.jobId}` })
    } catch (error) {
      // ECS has forgotten it: there is nothing left to stop.
      if (!isNotFound(error) && !isForgotten(error)) throw error
    }
  },

  async prove(worker, claimant, { aws }) {
    if (aws === null) return { ok: false, reason: NO_CREDENTIALS }
    // The answer of RunTask may still be on its way when its worker knocks: then ECS is asked whose task this is.
    const isSession = async (session: string) => {
      const arn = worker.handle ?? (await find(worker, aws))?.taskArn
      return arn !== undefined && session === taskIdOf(arn)
    }
    return proveIdentity(aws, worker, claimant, { roleArn: text(worker.facts, "taskRoleArn"), isSession })
  },
}

const GONE = "gone"
function goneOr(error: unknown): string {
  if (isNotFound(error)) return GONE
  throw error
}

const unknown = (reason: string): InspectAnswer => ({ state: "unknown", reason, oom: false })
const isForgotten = (error: unknown): boolean => error instanceof Error && /task was not found/i.test(error.message)

/** The token is the try: the same one again within a day is the same task. */
function taskRequest({ jobId, attempt, try: tries, env, facts }: LaunchRequest): RunTaskRequest {
  const spot = text(facts, "launchType") === "FARGATE_SPOT"
  return {
    cluster: text(facts, "clusterArn"),
    taskDefinition: text(facts, "taskDefinitionArn"),
    count: 1,
    clientToken: `${jobId}-${attempt}-${tries}`,
    startedBy: jobId,
    ...(spot ? { capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }] } : { launchType: "FARGATE" as const }),
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: list(facts, "subnetIds"),
        securityGroups: list(facts, "securityGroupIds"),
        assignPublicIp: facts["assignPublicIp"] === true ? "ENABLED" : "DISABLED",
      },
    },
    overrides: {
      containerOverrides: [{ name: text(facts, "container"), environment: Object.entries(env).map(([name, value]) => ({ name, value })) }],
    },
    tags: [
      { key: "viberglass:job", value: jobId },
      { key: "viberglass:attempt", value: String(attempt) },
    ],
  }
}

/** By its handle, else among the tasks that were started in the job's name: running ones, then those that are ending. */
async function find({ jobId, attempt, facts, handle }: WorkerHandle, { client }: AwsDoor): Promise<Task | null> {
  const [region, cluster] = [text(facts, "region"), text(facts, "clusterArn")]
  const described = async (arns: string[]) =>
    arns.length === 0 ? [] : ((await describeTasks(client, region, { cluster, tasks: arns })).tasks ?? [])
  if (handle !== null) return (await described([handle]))[0] ?? null
  for (const desiredStatus of ["RUNNING", "STOPPED"] as const) {
    const tasks = await described(await listTasks(client, region, { cluster, startedBy: jobId, desiredStatus }))
    const own = tasks.find((task) => attemptOf(task) === attempt)
    if (own) return own
  }
  return null
}
