import { createHash } from "node:crypto"
import type { Clanker } from "#contract/clankers.ts"
import type { Host } from "#contract/hosts.ts"
import type { HostTold } from "#contract/host.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { Ticket } from "#contract/tickets.ts"
import type { EventsReply } from "#contract/worker.ts"
import { type Api, createApi } from "../api.ts"
import { call, PAGE } from "./http.ts"
import { connect, type Target } from "./measure.ts"

const SECRET = "b".repeat(64)
const SESSION_HASH = createHash("sha256").update(SECRET).digest("hex")
/** The limit of a job of the bench: longer than the longest hour of it. */
const MAX_EXECUTION_SECONDS = 7200

/** Our control plane with a host at the network's edge whose workers do what they are told at once: what is left is the control plane's own time. */
export async function startEngine(url: string, token: string) {
  const api = createApi(url, token)
  const host = await startHost(api)
  const secret = await api.post<Secret>("/api/secrets", { name: "OPENAI_API_KEY", location: "database", value: "bench-key-0123456789" })
  const clanker = await api.post<Clanker>("/api/clankers", {
    name: "Bench",
    agent: "opencode",
    deploymentConfig: { computeType: "docker" },
    secretIds: [secret.id],
    maxConcurrency: 1000,
    maxExecutionTime: MAX_EXECUTION_SECONDS,
  })
  await api.put(`/api/clankers/${clanker.id}/deployment`, {})
  await api.deployed(clanker.id)

  const project = async (name: string) =>
    (
      await api.post<Project>("/api/projects", {
        name,
        repositoryUrl: "https://forge.example.test/a/b",
        defaultClankerId: clanker.id,
      })
    ).id
  const projectId = await project("Bench")
  const ticket = async (of = projectId) => (await api.post<Ticket>("/api/tickets", { projectId: of, title: "Bench" })).id
  const request = async (ticketId: string, wishes: { priority?: number } = {}) =>
    (await api.post<{ job: Job }>(`/api/tickets/${ticketId}/phases/research/runs`, wishes)).job.id
  const worker = (jobId: string, act: string, secretOf: string, body: object) =>
    call(`${url}/worker/v1/jobs/${jobId}/${act}`, { authorization: `Bearer ${secretOf}` }, JSON.stringify({ attempt: 1, ...body }))
  const session = (jobId: string) => `vs_${jobId}_1_${SECRET}`

  /** Resolves when the host was told to start the job's worker and that worker has claimed. */
  async function claimed(jobId: string): Promise<string> {
    await worker(jobId, "claim", await host.launchToken(jobId), {
      claimId: "claim-of-the-bench",
      sessionHash: SESSION_HASH,
      protocol: 1,
      workerVersion: "bench",
      compute: { kind: "process", id: "1" },
    })
    return jobId
  }

  return {
    api,
    project,
    ticket,
    request,
    claimed,
    dispatch: async (ticketId: string) => claimed(await request(ticketId)),
    /** Ends the job, so that its slot is free for the next. */
    finish: async (jobId: string, lastSeq = 0) =>
      void (await worker(jobId, "result", session(jobId), { lastSeq, outcome: { status: "succeeded", document: "done" } })),
    upload: async (jobId: string, name: string, content: string) => {
      const headers = { authorization: `Bearer ${session(jobId)}` }
      const response = await fetch(`${url}/worker/v1/jobs/${jobId}/artifacts/${name}`, { method: "PUT", headers, body: content })
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    },
    target(jobId: string): Target {
      let seq = 0
      const headers = { authorization: `Bearer ${token}` }
      return {
        next: () => ++seq,
        async send(events) {
          const path = `${url}/worker/v1/jobs/${jobId}/events`
          const text = await call(path, { authorization: `Bearer ${session(jobId)}` }, `{"attempt":1,"events":[${events.join(",")}]}`)
          const { acked }: EventsReply = JSON.parse(text)
          return acked
        },
        page: async (after) => (await fetch(`${url}/api/jobs/${jobId}/events?limit=${PAGE}&after=${after}`, { headers })).text(),
        view: (hear, after = seq) => connect(`${url}/api/jobs/${jobId}/live?after=${after}`, headers, hear),
      }
    },
    close: () => host.close(),
  }
}
export type Engine = Awaited<ReturnType<typeof startEngine>>

/** Says yes to everything and runs nothing; it remembers with which token each worker was to start. */
async function startHost(api: Api) {
  const registered = await api.post<{ id: string; token: string }>("/api/hosts", { name: "bench" })
  const launches = new Map<string, PromiseWithResolvers<string>>()
  const launch = (jobId: string): PromiseWithResolvers<string> => {
    const known = launches.get(jobId) ?? Promise.withResolvers<string>()
    launches.set(jobId, known)
    return known
  }
  const socket = await connect(`${api.url}/api/hosts/connection`, { authorization: `Bearer ${registered.token}` }, (text) => {
    const told: HostTold = JSON.parse(text)
    if (told.type !== "call") return
    socket.send(JSON.stringify({ type: "reply", id: told.id, ok: true, result: told.verb === "image" ? { id: "bench", size: 1 } : {} }))
    if (told.verb === "run") launch(told.args.jobId).resolve(told.args.env["VIBERATOR_LAUNCH_TOKEN"] ?? "")
  })
  socket.send(
    JSON.stringify({ type: "hello", protocol: 1, version: "bench", engine: { kind: "process", version: "1" }, slots: 1000, running: [] }),
  )
  while (!(await api.get<Host>(`/api/hosts/${registered.id}`)).connected) await new Promise((resolve) => setTimeout(resolve, 20))
  return { launchToken: (jobId: string) => launch(jobId).promise, close: () => socket.close() }
}
