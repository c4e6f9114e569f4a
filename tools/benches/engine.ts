import { createHash } from "node:crypto"
import type { Clanker } from "#contract/clankers.ts"
import type { Host } from "#contract/hosts.ts"
import type { HostTold } from "#contract/host.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { Ticket } from "#contract/tickets.ts"
import { createApi } from "../api.ts"
import { connect, type Target } from "./measure.ts"

/** Events on a page of a log. */
export const PAGE = 500
const SECRET = "b".repeat(64)

/** Our control plane with a host at the network's edge that claims at once: what is left is the control plane's own time. */
export async function startEngine(url: string, token: string) {
  const api = createApi(url, token)
  const registered = await api.post<{ id: string; token: string }>("/api/hosts", { name: "bench" })
  const launches = new Map<string, PromiseWithResolvers<string>>()
  const launch = (jobId: string) => launches.get(jobId) ?? launches.set(jobId, Promise.withResolvers()).get(jobId)
  const host = await connect(`${url}/api/hosts/connection`, { authorization: `Bearer ${registered.token}` })
  host.on("message", (data) => {
    const told: HostTold = JSON.parse(String(data))
    if (told.type !== "call") return
    host.send(JSON.stringify({ type: "reply", id: told.id, ok: true, result: told.verb === "image" ? { id: "bench", size: 1 } : {} }))
    if (told.verb === "run") launch(told.args.jobId)?.resolve(told.args.env["VIBERATOR_LAUNCH_TOKEN"] ?? "")
  })
  host.send(
    JSON.stringify({ type: "hello", protocol: 1, version: "bench", engine: { kind: "process", version: "1" }, slots: 1000, running: [] }),
  )
  while (!(await api.get<Host>(`/api/hosts/${registered.id}`)).connected) await new Promise((resolve) => setTimeout(resolve, 20))

  const project = await api.post<Project>("/api/projects", { name: "Bench", repositoryUrl: "https://forge.example.test/a/b" })
  const secret = await api.post<Secret>("/api/secrets", {
    name: "OPENAI_API_KEY",
    location: "database",
    value: "bench-key-0123456789",
    projectId: project.id,
  })
  const clanker = await api.post<Clanker>("/api/clankers", {
    name: "Bench",
    agent: "opencode",
    deploymentConfig: { computeType: "docker" },
    secretIds: [secret.id],
    maxConcurrency: 1000,
  })
  await api.put(`/api/clankers/${clanker.id}/deployment`, {})
  await api.deployed(clanker.id)
  await api.request("PATCH", `/api/projects/${project.id}`, { defaultClankerId: clanker.id })

  async function dispatch(ticketId: string): Promise<Job> {
    const { job } = await api.post<{ job: Job }>(`/api/tickets/${ticketId}/phases/research/runs`, {})
    const authorization = `Bearer ${await launch(job.id)?.promise}`
    const body = {
      attempt: 1,
      claimId: "claim-of-the-bench",
      sessionHash: createHash("sha256").update(SECRET).digest("hex"),
      protocol: 1,
      workerVersion: "bench",
      compute: { kind: "process", id: "1" },
    }
    await call(`${url}/worker/v1/jobs/${job.id}/claim`, { authorization }, body)
    return job
  }

  return {
    ticket: async () => (await api.post<Ticket>("/api/tickets", { projectId: project.id, title: "Bench" })).id,
    dispatch,
    /** Ends the job, so that its slot is free for the next. */
    finish: (job: Job) =>
      call(
        `${url}/worker/v1/jobs/${job.id}/result`,
        { authorization: `Bearer vs_${job.id}_1_${SECRET}` },
        { attempt: 1, lastSeq: 0, outcome: { status: "succeeded", document: "done" } },
      ),
    async target(ticketId: string): Promise<Target> {
      const job = await dispatch(ticketId)
      const authorization = `Bearer vs_${job.id}_1_${SECRET}`
      let seq = 0
      return {
        next: () => ++seq,
        post: (events) => call(`${url}/worker/v1/jobs/${job.id}/events`, { authorization }, { attempt: 1, events }),
        page: async (after) => void (await api.get(`/api/jobs/${job.id}/events?limit=${PAGE}&after=${after}`)),
        view: () => connect(`${url}/api/jobs/${job.id}/live?after=${seq}`, { authorization: `Bearer ${token}` }),
      }
    },
    close: () => host.close(),
  }
}

export async function call(url: string, headers: Record<string, string>, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} ${text}`)
}
