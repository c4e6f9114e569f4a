import pLimit from "p-limit"
import type { Engine } from "./engine.ts"
import { type Numbers, round } from "./measure.ts"
import type { Meter } from "./meter.ts"
import { type Decision, readDecisions } from "./queue-order.ts"

const PROJECTS = 5
/** Every fifth job is in a hurry, every fiftieth in a great one. */
const priorityOf = (job: number) => (job % 50 === 0 ? 100 : job % 5 === 0 ? 10 : 0)
/** Requests at once while the jobs are made. */
const ASKING = 8

/**
 * So many jobs of five projects wait while the installation is paused; then they run, each worker claiming and answering
 * at once. The order and the number of slots are read from what the queue itself wrote down.
 */
export async function drain(engine: Engine, meter: Meter, jobs: number): Promise<Numbers> {
  const rowsBefore = await meter.rowsRead("QueueObject")
  const already = (await meter.decisions()).length
  const decided = async () => (await meter.decisions()).slice(already)
  await engine.api.patch("/api/settings", { paused: true })
  const projects: string[] = []
  for (let index = 0; index < PROJECTS; index++) projects.push(await engine.project(`Queue ${index}`))
  const limit = pLimit(ASKING)
  const ask = async (job: number) => engine.request(await engine.ticket(projects[job % PROJECTS]), { priority: priorityOf(job) })
  const asked = performance.now()
  const ids = await Promise.all(Array.from({ length: jobs }, (_, job) => limit(ask, job)))
  while (waitingOf(await decided()) < jobs) await new Promise((resolve) => setTimeout(resolve, 50))
  const from = performance.now()
  const done = Promise.all(ids.map(async (id) => engine.finish(await engine.claimed(id))))
  await engine.api.patch("/api/settings", { paused: false })
  await done
  const ms = performance.now() - from
  return {
    jobs,
    askedMs: Math.round(from - asked),
    ms: Math.round(ms),
    jobsPerSecond: round((jobs * 1000) / ms),
    ...readDecisions(await decided()),
    rowsReadPerJob: round(((await meter.rowsRead("QueueObject")) - rowsBefore) / jobs),
  }
}

const waitingOf = (decisions: readonly Decision[]) =>
  new Set(decisions.flatMap((decision) => (decision.type === "waits" ? [decision.jobId] : []))).size
