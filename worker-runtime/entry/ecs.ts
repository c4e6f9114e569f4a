// A task of AWS ECS: launched by its environment like any other worker; where it is, the task's own metadata says.
import { hostname } from "node:os"
import { z } from "zod"
import { CLOCKS } from "#contract/jobs.ts"
import type { Log } from "../log.ts"
import type { Place } from "../run.ts"

/** ECS answers from the machine itself; a worker that waits for it works as well without it. */
const METADATA_MS = 2_000

/** ECS and Fargate Spot say TERM and kill after the `stopTimeout` of the task definition, which is 120 s in ours. */
export const ECS_PLACE: Place = { graceMs: CLOCKS.ecsGraceMs.ms, checkpointStopMs: CLOCKS.ecsCheckpointStopMs.ms, endsAt: null }

const taskSchema = z.object({ TaskARN: z.string().regex(/^arn:/) })

/**
 * The task's ARN, from the task metadata endpoint, version 4 (`<base>/task`; Amazon ECS developer guide). `base` is the
 * value of ECS_CONTAINER_METADATA_URI_V4. Never throws: without an answer the id says so.
 */
export async function ecsCompute(base: string, log: Log, timeoutMs = METADATA_MS): Promise<{ kind: "ecs"; id: string }> {
  try {
    const reply = await fetch(`${base}/task`, { redirect: "manual", signal: AbortSignal.timeout(timeoutMs) })
    if (!reply.ok) throw new Error(`HTTP ${reply.status}`)
    const { TaskARN } = taskSchema.parse(await reply.json())
    return { kind: "ecs", id: TaskARN }
  } catch (error) {
    log.warn("ecs.task-unknown", { why: error instanceof Error ? error.message : String(error) })
    return { kind: "ecs", id: `unknown task on ${hostname()}` }
  }
}
