import type {
  Cluster,
  DescribeTasksResponse,
  ListTasksResponse,
  RegisterTaskDefinitionRequest,
  RunTaskRequest,
  RunTaskResponse,
  Task,
  TaskDefinition,
} from "@aws-sdk/client-ecs"
import type { Aws } from "./client.ts"

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference. Times come as seconds since 1970. Every verb throws AwsError.

/** On the wire a time is a number of seconds; the SDK's types know only dates. */
export type WireTime = number | Date | undefined

/** Null when there is no such cluster. */
export async function describeCluster(aws: Aws, region: string, cluster: string): Promise<Cluster | null> {
  const { clusters = [] } = await aws.json<{ clusters?: Cluster[] }>("ecs", "DescribeClusters", region, { clusters: [cluster] }, true)
  return clusters[0] ?? null
}

/** `name` is an ARN, `family:revision`, or a family: its newest active revision. `tags` come beside it. */
export async function describeTaskDefinition(
  aws: Aws,
  region: string,
  name: string,
): Promise<{ definition: TaskDefinition; tags: { key?: string; value?: string }[] }> {
  const { taskDefinition, tags = [] } = await aws.json<{ taskDefinition: TaskDefinition; tags?: { key?: string; value?: string }[] }>(
    "ecs",
    "DescribeTaskDefinition",
    region,
    { taskDefinition: name, include: ["TAGS"] },
    true,
  )
  return { definition: taskDefinition, tags }
}

/** Makes another revision each time it is called: one a second, sustained. */
export async function registerTaskDefinition(aws: Aws, region: string, definition: RegisterTaskDefinitionRequest): Promise<TaskDefinition> {
  const { taskDefinition } = await aws.json<{ taskDefinition: TaskDefinition }>("ecs", "RegisterTaskDefinition", region, definition)
  return taskDefinition
}

/** One task. The same `clientToken` within 24 hours is the same task. `failures` are refusals of the placement. */
export async function runTask(aws: Aws, region: string, request: RunTaskRequest): Promise<RunTaskResponse> {
  return aws.json("ecs", "RunTask", region, request)
}

/** Null when ECS does not know the task: it forgets stopped ones after about an hour. */
export async function describeTask(aws: Aws, region: string, { cluster, task }: { cluster: string; task: string }): Promise<Task | null> {
  const { tasks = [] } = await describeTasks(aws, region, { cluster, tasks: [task] })
  return tasks[0] ?? null
}

export async function describeTasks(
  aws: Aws,
  region: string,
  { cluster, tasks }: { cluster: string; tasks: string[] },
): Promise<DescribeTasksResponse> {
  return aws.json("ecs", "DescribeTasks", region, { cluster, tasks }, true)
}

/** ARNs of tasks that were started in this name; those whose end is decided are listed only as STOPPED. */
export async function listTasks(
  aws: Aws,
  region: string,
  request: { cluster: string; startedBy: string; desiredStatus: "RUNNING" | "STOPPED" },
): Promise<string[]> {
  const { taskArns = [] } = await aws.json<ListTasksResponse>("ecs", "ListTasks", region, request, true)
  return taskArns
}

/** Idempotent; `reason` is at most 255 characters. */
export async function stopTask(aws: Aws, region: string, request: { cluster: string; task: string; reason: string }): Promise<void> {
  await aws.json("ecs", "StopTask", region, { ...request, reason: request.reason.slice(0, 255) })
}
