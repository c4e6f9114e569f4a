import type { Job } from "#contract/jobs.ts"
import { isTerminal } from "#contract/jobs.ts"
import type { StoredEvent } from "#contract/live.ts"
import type { Ticket } from "#contract/tickets.ts"
import { type Random, seeded } from "../../testbed/fault-proxy.ts"
import { type Chaos, REPOSITORY } from "./harness.ts"

export interface Outcome {
  seed: number
  jobId: string
  attempts: number
  killed: boolean
  restarted: boolean
  hostKilled: boolean
  events: number
  ms: number
  problems: string[]
}
const LIMIT_MS = 180_000

/** One ticket through everything that this seed throws at it; what it must be afterwards is checked, not hoped for. */
export async function chaosRun(chaos: Chaos, seed: number): Promise<Outcome> {
  const random = seeded(seed)
  const { proxy } = chaos
  const startedAt = Date.now()
  proxy.set({ rate: 0.1 + random() * 0.3, random })
  const plan = planOf(seed, random)
  const job = await startExecution(chaos, `Seed ${seed}`)
  const faults = Promise.all([
    plan.killAfterMs === null ? false : killWorker(chaos, job.id, plan.killAfterMs),
    after(plan.restartAfterMs, () => chaos.restart()),
    after(plan.hostAfterMs, () => chaos.host.restart()),
  ])
  const ended = await untilEnded(chaos, job.id)
  const [killed, restarted, hostKilled] = await faults
  proxy.set({ rate: 0, random })
  await untilWorkersAreGone(chaos, ended)
  const events = await allEvents(chaos, job.id)
  const problems = [...ends(ended), ...sameLog(chaos, ended, events), ...(await published(chaos, ended))]
  return {
    seed,
    jobId: job.id,
    attempts: ended.attempt,
    ...{ killed, restarted, hostKilled },
    events: events.length,
    ms: Date.now() - startedAt,
    problems,
  }
}

/**
 * Milliseconds after the start, or null. Any ten seeds in a row kill each of the three. Worker and host exclude each
 * other: the death of either may cost an attempt, and a job has two.
 */
function planOf(seed: number, random: Random) {
  const soon = (wanted: boolean) => (wanted ? random() * 2500 : null)
  const fate = seed % 10
  return { killAfterMs: soon(fate < 4), hostAfterMs: soon(fate === 4 || fate === 5), restartAfterMs: soon(fate === 5 || fate === 8) }
}

async function after(ms: number | null, act: () => Promise<void>): Promise<boolean> {
  if (ms === null) return false
  await pause(ms)
  await act()
  return true
}

function ends(job: Job): string[] {
  if (job.status !== "succeeded")
    return [`ended ${job.status}: ${job.failure?.message ?? job.cause} ${String(job.failure?.["detail"] ?? "")}`]
  return job.attempts.filter(({ end }) => end === "succeeded").length === 1 ? [] : ["not exactly one attempt succeeded"]
}

/** The stored log is the journals of the attempts, one behind the other: the last one whole, an earlier one as far as it was acknowledged. */
function sameLog(chaos: Chaos, job: Job, events: readonly StoredEvent[]): string[] {
  const problems: string[] = []
  if (events.some(({ seq }, index) => seq !== index + 1)) problems.push("the log has a hole or a repeat")
  for (let attempt = 1; attempt <= job.attempt; attempt++) {
    const base = events.findIndex((event) => event.attempt === attempt)
    const stored = events
      .filter((event) => event.attempt === attempt)
      .map(({ attempt: _attempt, seq, ...event }) => ({ seq: seq - base, ...event }))
    const journal = chaos.journal(job.id, attempt)
    const expected = attempt === job.attempt ? journal : journal.slice(0, stored.length)
    if (JSON.stringify(stored) !== JSON.stringify(expected))
      problems.push(`attempt ${attempt}: ${stored.length} stored events are not the journal's ${journal.length}`)
  }
  return problems
}

async function published({ forge }: Chaos, job: Job): Promise<string[]> {
  const pulls = (await forge.pullRequests(REPOSITORY)).filter(({ head }) => head.ref === job.branch)
  const commits = Number(await forge.git(REPOSITORY, "rev-list", "--count", `main..${job.branch}`))
  return [...(pulls.length === 1 ? [] : [`${pulls.length} pull requests`]), ...(commits === 1 ? [] : [`${commits} commits on the branch`])]
}

async function killWorker(chaos: Chaos, jobId: string, afterMs: number): Promise<boolean> {
  const worker = await until(() => chaos.host.worker(jobId, 1))
  await pause(afterMs)
  if (!worker.alive()) return false
  worker.kill()
  return true
}

export async function startExecution({ api, project }: Chaos, title: string): Promise<Job> {
  const wanted = { projectId: project.id, title, startingPhase: "execution", overrideReason: "chaos" }
  const ticket = await api.post<Ticket>("/api/tickets", wanted)
  return (await api.post<{ job: Job }>(`/api/tickets/${ticket.id}/phases/execution/runs`, {})).job
}

export async function untilEnded({ api }: Chaos, jobId: string): Promise<Job> {
  for (const end = Date.now() + LIMIT_MS; ; await pause(100)) {
    // The control plane may be away just now.
    const job = await api.get<Job>(`/api/jobs/${jobId}`).catch(() => null)
    if (job && isTerminal(job.status) && job.settled) return job
    if (Date.now() > end)
      throw new Error(`job ${jobId} is still ${job?.status} after ${LIMIT_MS / 1000} s: ${JSON.stringify([job?.queue, job?.attempts])}`)
  }
}

export const untilWorkersAreGone = (chaos: Chaos, job: Job) => until(() => (chaos.host.worker(job.id, job.attempt)?.alive() ? null : true))

export async function allEvents({ api }: Chaos, jobId: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for (;;) {
    const { items } = await api.get<{ items: StoredEvent[] }>(`/api/jobs/${jobId}/events?after=${events.at(-1)?.seq ?? 0}&limit=1000`)
    events.push(...items)
    if (items.length < 1000) return events
  }
}

async function until<T>(look: () => T | null): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(20)) {
    const seen = look()
    if (seen !== null) return seen
  }
  throw new Error("waited 60 s")
}
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
