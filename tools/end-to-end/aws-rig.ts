import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "vitest"
import type { AgentSlug } from "#contract/agents.ts"
import type { Job } from "#contract/jobs.ts"
import type { PhaseDocument, Ticket } from "#contract/tickets.ts"
import { controlPlanePolicy } from "../../testbed/aws-policies.ts"
import { type AwsWorker, type Invocation, type LocalAws, startAws } from "../../testbed/aws.ts"
import { build } from "../build.ts"
import { type Rig, startRig } from "../rig.ts"

/** A function's own answer, as `LambdaResult` of the worker has it. */
export type Delivery = Omit<Invocation, "answer"> & { answer: { outcome: string; exitCode: number } }

/** A control plane in workerd, with its own policy in a stand-in for AWS that checks signatures and rights. */
export interface AwsRig {
  rig: Rig
  aws: LocalAws
  ticketIn: (projectId: string, description?: string) => Promise<Ticket>
  run: (ticketId: string, phase: string) => Promise<Job>
  /** Followed to its end, which is no failure. */
  toTheEnd: (ticketId: string, phase: string) => Promise<Job>
  approve: (ticketId: string, phase: string) => Promise<void>
  cancel: (job: Job) => Promise<unknown>
  /** Events of this job that reached a function, once there are so many and each is answered. */
  deliveries: (job: Job, count: number) => Promise<Delivery[]>
  close: () => Promise<void>
}

/** `worker` is what the machines of AWS start, in a folder that is theirs. */
export async function startAwsRig(agent: AgentSlug, worker: (folder: string) => Promise<Omit<AwsWorker, "folder">>): Promise<AwsRig> {
  build()
  const folder = mkdtempSync(join(tmpdir(), "viberglass-aws-"))
  const aws = await startAws({ worker: { ...(await worker(folder)), folder } })
  const key = await aws.user("control-plane", controlPlanePolicy())
  await aws.checkRights(true)
  const { made } = aws
  const managed = {
    ...{ region: made.region, cluster: made.clusterArn, executionRoleArn: made.executionRoleArn, taskRoleArn: made.taskRoleArn },
    ...{ lambdaRoleArn: made.lambdaRoleArn, subnetIds: made.subnetIds, securityGroupIds: made.securityGroupIds },
    assignPublicIp: true,
  }
  const rig = await startRig(
    { agent },
    {
      ...{ AWS_REGION: made.region, AWS_ENDPOINT_URL: aws.url, MANAGED_DEFAULTS: JSON.stringify(managed) },
      ...{ AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey },
    },
  )
  return {
    ...{ rig, aws, ...words(rig), deliveries: (job, count) => deliveriesOf(aws, job, count) },
    async close() {
      await rig.close()
      await aws.close()
      if (process.env["KEEP_STATE"] !== "1") rmSync(folder, { recursive: true, force: true })
    },
  }
}

function words({ api }: Rig): Pick<AwsRig, "ticketIn" | "run" | "toTheEnd" | "approve" | "cancel"> {
  const run: AwsRig["run"] = async (id, phase) => (await api.post<{ job: Job }>(`/api/tickets/${id}/phases/${phase}/runs`, {})).job
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
    cancel: (job) => api.request("POST", `/api/jobs/${job.id}/cancellation`, {}),
  }
}

async function deliveriesOf(aws: LocalAws, job: Job, count: number): Promise<Delivery[]> {
  const found = async () => (await aws.invocations()).filter(({ status, answer }) => status !== null && answer?.includes(job.id))
  await expect.poll(found, { timeout: 60_000 }).toHaveLength(count)
  return (await found()).map((invocation) => ({ ...invocation, answer: JSON.parse(invocation.answer ?? "null") }))
}
