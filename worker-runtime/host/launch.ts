import { launchSchema } from "#contract/worker.schema.ts"
import type { RunArgs } from "#contract/host.ts"
import { EngineError } from "./engine.ts"

/** The handle is also a file name and a container name, so a job id with anything else in it is refused. */
const SAFE_ID = /^[A-Za-z0-9_-]{1,80}$/

export function handleOf({ jobId, attempt }: Pick<RunArgs, "jobId" | "attempt">): string {
  if (!SAFE_ID.test(jobId)) throw new EngineError("permanent", "bad-launch", "The job id has characters that no id of ours has.")
  return `viberator-${jobId}-${attempt}`
}

/**
 * The four launch values and nothing else: a control plane that could set any variable (NODE_OPTIONS, PATH) could run
 * any program on this machine, past the worker.
 */
export function launchEnvironment({ jobId, attempt, env }: RunArgs): Record<string, string> {
  const launch = launchSchema.safeParse({
    jobId: env["VIBERATOR_JOB_ID"],
    attempt: env["VIBERATOR_ATTEMPT"],
    controlPlaneUrl: env["CONTROL_PLANE_URL"],
    launchToken: env["VIBERATOR_LAUNCH_TOKEN"],
  })
  if (!launch.success || launch.data.jobId !== jobId || launch.data.attempt !== attempt) {
    throw new EngineError("permanent", "bad-launch", "The four launch values are incomplete or name another attempt.")
  }
  return {
    VIBERATOR_JOB_ID: jobId,
    VIBERATOR_ATTEMPT: String(attempt),
    CONTROL_PLANE_URL: launch.data.controlPlaneUrl,
    VIBERATOR_LAUNCH_TOKEN: launch.data.launchToken,
  }
}
