import { expect } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { PhaseDocument, Ticket } from "#contract/tickets.ts"
import type { Invocation, LocalAws } from "../../testbed/aws.ts"
import type { AwsRig } from "../aws-rig.ts"

/** A function's own answer, as `LambdaResult` of the worker has it. */
export type Delivery = Omit<Invocation, "answer"> & { answer: { outcome: string; exitCode: number } }

/** What tests of workers on AWS do with tickets. */
export interface Words {
  ticketIn: (projectId: string, description?: string) => Promise<Ticket>
  run: (ticketId: string, phase: string) => Promise<Job>
  /** Followed to its end, which is no failure. */
  toTheEnd: (ticketId: string, phase: string) => Promise<Job>
  approve: (ticketId: string, phase: string) => Promise<void>
  cancel: (job: Job) => Promise<unknown>
  /** Events of this job that reached a function, once there are so many and each is answered. */
  deliveries: (job: Job, count: number) => Promise<Delivery[]>
}

export function wordsOf({ api, aws }: AwsRig): Words {
  const run: Words["run"] = async (id, phase) => (await api.post<{ job: Job }>(`/api/tickets/${id}/phases/${phase}/runs`, {})).job
  return {
    run,
    ticketIn: (projectId, description = "`npm test` fails.") =>
      api.post<Ticket>("/api/tickets", { projectId, title: "Umlauts in slugs", description }),
    async toTheEnd(id, phase) {
      const ended = await api.follow((await run(id, phase)).id)
      expect(ended.failure).toBeNull()
      return ended
    },
    async approve(id, phase) {
      const { revision } = await api.get<PhaseDocument>(`/api/tickets/${id}/phases/${phase}/document`)
      await api.put(`/api/tickets/${id}/phases/${phase}/document/approval`, { state: "approved", revision })
    },
    deliveries: (job, count) => deliveriesOf(aws, job, count),
    cancel: (job) => api.request("POST", `/api/jobs/${job.id}/cancellation`, {}),
  }
}

async function deliveriesOf(aws: LocalAws, job: Job, count: number): Promise<Delivery[]> {
  const found = async () => (await aws.invocations()).filter(({ status, answer }) => status !== null && answer?.includes(job.id))
  await expect.poll(found, { timeout: 60_000 }).toHaveLength(count)
  return (await found()).map((invocation) => ({ ...invocation, answer: JSON.parse(invocation.answer ?? "null") }))
}
