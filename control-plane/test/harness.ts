import { applyD1Migrations, type D1Migration, listDurableObjectIds } from "cloudflare:test"
import { env as bindings, exports } from "cloudflare:workers"
import type { Clanker } from "#contract/clankers.ts"
import type { ErrorReply } from "#contract/errors.ts"
import type { HostSays, HostTold } from "#contract/host.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { Ticket } from "#contract/tickets.ts"
import type { Role, TokenScope } from "#contract/users.ts"
import type { ClaimReply, Outcome } from "#contract/worker.ts"
import type { Bindings } from "../config.ts"
import { newId, overrides } from "../context.ts"
import { createLog } from "../log.ts"
import { sha256Hex } from "../hash.ts"

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import("../worker.ts")
    }
    interface Env extends Bindings {
      MIGRATIONS: D1Migration[]
      REPLAY: { runs: number; seed: number | null }
      /** By protocol: `testbed/wire.ts`. */
      WIRES: Record<string, Record<"full" | "sparse", Talk>>
    }
  }
}

type Json = Readonly<Record<string, unknown>>
export interface Talk {
  claim: Json
  events: Json & { events: readonly (Json & { seq: number })[] }
  credentials: Json
  result: Json & { lastSeq: number }
}

export const env = bindings
export const ORIGIN = "http://control-plane.test"
/** Every line the Worker logged in this file. */
export const logged: string[] = []

/** Migrations, and a silent log that is kept; call once a file. */
export async function setUp(): Promise<void> {
  // No test reaches the internet; one that wants an answer says which.
  overrides.resolve = async () => []
  overrides.log = createLog({}, (line) => void logged.push(line))
  await applyD1Migrations(env.DB, env.MIGRATIONS)
}

/** The platform's own stub of a job's object, which the test's tools want. */
export function rawJob(id: string): DurableObjectStub {
  const namespace = jobNamespace()
  return namespace.get(namespace.idFromName(id))
}
/** Of all jobs that ever were asked something. */
export const jobObjectIds = async (): Promise<string[]> => (await listDurableObjectIds(jobNamespace())).map(String).toSorted()

function jobNamespace(): DurableObjectNamespace {
  const namespace: unknown = env.JOBS
  if (!isNamespace(namespace)) throw new Error("JOBS is not a namespace")
  return namespace
}
const isNamespace = (value: unknown): value is DurableObjectNamespace =>
  typeof value === "object" && value !== null && "idFromName" in value

export interface Answer<T> {
  status: number
  body: T
  headers: Headers
}
export type Caller = <T = ErrorReply>(method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer<T>>

export const send = (request: Request): Promise<Response> => exports.default.fetch(request)

/** Calls the Worker as the holder of this token, or as nobody. */
export function caller(token: string | null): Caller {
  return async (method, path, body, headers = {}) => {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body)
    const response = await send(
      new Request(ORIGIN + path, {
        method,
        headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), "content-type": "application/json", ...headers },
        ...(text === undefined ? {} : { body: text }),
      }),
    )
    const answered = await response.text()
    return { status: response.status, body: answered.startsWith("{") ? JSON.parse(answered) : answered, headers: response.headers }
  }
}

/** A user with an API token, made on the operator's side of the database. */
export async function createUser(role: Role, scopes: TokenScope[] = ["read", "write", "admin"]): Promise<{ id: string; token: string }> {
  const id = newId("user")
  const token = `vg_${crypto.getRandomValues(new Uint8Array(32)).reduce((hex, byte) => hex + byte.toString(16).padStart(2, "0"), "")}`
  await env.DB.batch([
    env.DB.prepare("INSERT INTO users (id, email, name, role, disabled, created_at, updated_at) VALUES (?, ?, ?, ?, 0, 0, 0)").bind(
      id,
      `${id}@example.test`,
      `The ${role}`,
      role,
    ),
    env.DB.prepare("INSERT INTO api_tokens (id, user_id, name, hash, prefix, scopes, created_at) VALUES (?, ?, 'test', ?, ?, ?, 0)").bind(
      newId("token"),
      id,
      await sha256Hex(token),
      token.slice(0, 10),
      JSON.stringify(scopes),
    ),
  ])
  return { id, token }
}

/** Waits for something that an outbox or a socket brings about; fails with what it saw last. */
export async function until<T>(what: string, look: () => Promise<T | null | false> | T | null | false, ms = 8000): Promise<T> {
  for (const end = Date.now() + ms; ;) {
    const seen = await look()
    if (seen !== null && seen !== false) return seen
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export interface FakeHost {
  id: string
  calls: Extract<HostTold, { type: "call" }>[]
  told: HostTold[]
  say: (message: HostSays) => void
  close: () => void
  closed: Promise<string>
}

/** A host at the network's edge: a real WebSocket that says what the test wants; answers image and run by itself. */
export async function connectHost(
  admin: Caller,
  {
    slots = 5,
    known,
    refuseRuns = 0,
    answersPings = false,
    lacks = [],
  }: { slots?: number; lacks?: readonly string[]; known?: { id: string; token: string }; refuseRuns?: number; answersPings?: boolean } = {},
): Promise<FakeHost & { token: string }> {
  const { id, token } = known ?? (await admin<{ id: string; token: string }>("POST", "/api/hosts", { name: "test host" })).body
  const response = await send(
    new Request(`${ORIGIN}/api/hosts/connection`, { headers: { upgrade: "websocket", authorization: `Bearer ${token}` } }),
  )
  const socket = response.webSocket
  if (!socket) throw new Error(`the host was refused: ${response.status} ${await response.text()}`)
  socket.accept()
  const calls: FakeHost["calls"] = []
  const told: HostTold[] = []
  let refused = 0
  const say = (message: HostSays) => socket.send(JSON.stringify(message))
  socket.addEventListener("message", ({ data }) => {
    const message: HostTold = JSON.parse(String(data))
    told.push(message)
    if (message.type !== "call") return
    calls.push(message)
    if (message.verb === "ping" && answersPings) say({ type: "reply", id: message.id, ok: true, result: {} })
    if (message.verb === "image" && lacks.includes(message.args.name))
      return say({
        type: "reply",
        id: message.id,
        ok: false,
        error: { class: "permanent", code: "image-missing", message: "no such image" },
      })
    if (message.verb === "image") say({ type: "reply", id: message.id, ok: true, result: { id: "sha256:1", size: 1, digest: "sha256:2" } })
    if (message.verb === "run" && refused < refuseRuns) {
      refused++
      return say({
        type: "reply",
        id: message.id,
        ok: false,
        error: { class: "transient", code: "no-slot", message: "all slots are taken" },
      })
    }
    if (message.verb === "run")
      say({ type: "reply", id: message.id, ok: true, result: { handle: `viberator-${message.args.jobId}-${message.args.attempt}` } })
  })
  const closed = new Promise<string>((resolve) => socket.addEventListener("close", ({ reason }) => resolve(reason)))
  say({ type: "hello", protocol: 1, version: "test", engine: { kind: "process", version: "1" }, slots, running: [] })
  await until("the host's row", async () => (await admin<{ connected: boolean }>("GET", `/api/hosts/${id}`)).body.connected || null)
  return { id, token, calls, told, say, close: () => socket.close(1000, "test"), closed }
}

export interface Stage {
  project: Project
  clanker: Clanker
  secret: Secret
}

/** A project whose clanker is active: on the connected host, if nothing else is said. */
export async function createStage(
  admin: Caller,
  name: string,
  project: object = {},
  deploymentConfig: object = { computeType: "docker" },
): Promise<Stage> {
  const { id: projectId } = await ok(
    admin<Project>("POST", "/api/projects", { name, repositoryUrl: "https://forge.test/acme/demo", ...project }),
  )
  const secret = await ok(
    admin<Secret>("POST", "/api/secrets", {
      name: "OPENAI_API_KEY",
      location: "database",
      value: `value-of-${name}-0123456789`,
      projectId,
    }),
  )
  const created = await ok(
    admin<Clanker>("POST", "/api/clankers", {
      name: `clanker of ${name}`,
      agent: "opencode",
      deploymentConfig,
      secretIds: [secret.id],
    }),
  )
  await ok(admin("PUT", `/api/clankers/${created.id}/deployment`, {}))
  const clanker = await until("an active clanker", async () => {
    const seen = await ok(admin<Clanker>("GET", `/api/clankers/${created.id}`))
    if (seen.status === "failed") throw new Error(String(seen.statusMessage))
    return seen.status === "active" ? seen : null
  })
  const patched = await ok(admin<Project>("PATCH", `/api/projects/${projectId}`, { defaultClankerId: clanker.id }))
  return { project: patched, clanker, secret }
}

export async function ok<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { status, body } = await answer
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

/** A ticket with its research asked for. */
export async function startResearch(admin: Caller, projectId: string, title = "A ticket"): Promise<{ ticket: Ticket; job: Job }> {
  const ticket = await ok(admin<Ticket>("POST", "/api/tickets", { projectId, title }))
  const { job } = await ok(admin<{ job: Job }>("POST", `/api/tickets/${ticket.id}/phases/research/runs`, {}))
  return { ticket, job }
}

/** A worker at the network's edge: speaks the worker protocol as the test wants it. */
export interface FakeWorker {
  claim: (over?: object) => Promise<Answer<ClaimReply & ErrorReply>>
  events: (
    events: object[],
    over?: { token?: string; attempt?: number },
  ) => Promise<Answer<{ acked: number; leaseUntil: string; stop?: { reason: string } } & ErrorReply>>
  result: (lastSeq: number, outcome: Outcome) => Promise<Answer<{ status: string } & ErrorReply>>
  session: string
}
export async function fakeWorker(launch: Record<string, string>, secret = "5".repeat(64)): Promise<FakeWorker> {
  const { VIBERATOR_JOB_ID: jobId = "", VIBERATOR_ATTEMPT: attemptText = "1", VIBERATOR_LAUNCH_TOKEN: launchToken = "" } = launch
  const attempt = Number(attemptText)
  const base = `/worker/v1/jobs/${jobId}`
  const session = `vs_${jobId}_${attempt}_${secret}`
  const sessionHash = await sha256Hex(secret)
  return {
    session,
    claim: (over = {}) =>
      caller(launchToken)(
        "POST",
        `${base}/claim`,
        {
          attempt,
          claimId: `claim-${secret.slice(0, 8)}`,
          sessionHash,
          protocol: 1,
          workerVersion: "test",
          compute: { kind: "process", id: "1" },
          ...over,
        },
        { "Viberator-Protocol": "1" },
      ),
    events: (events, over = {}) => caller(over.token ?? session)("POST", `${base}/events`, { attempt: over.attempt ?? attempt, events }),
    result: (lastSeq, outcome) => caller(session)("POST", `${base}/result`, { attempt, lastSeq, outcome }),
  }
}

export interface Workplace {
  admin: Caller
  /** The admin's. */
  token: string
  host: FakeHost & { token: string }
  stage: Stage
}

/** `setUp`, and all that many jobs at once need: an admin, a host with 20 slots and a project whose clanker fills them. */
export async function setUpWorkplace(name: string, host: { answersPings?: boolean } = {}): Promise<Workplace> {
  await setUp()
  const { token } = await createUser("admin")
  const admin = caller(token)
  const place = { admin, token, host: await connectHost(admin, { slots: 20, ...host }), stage: await createStage(admin, name) }
  await ok(admin("PATCH", `/api/clankers/${place.stage.clanker.id}`, { maxConcurrency: 20 }))
  return place
}

/** A research job whose worker has claimed it. */
export async function runningJob({ admin, host, stage }: Pick<Workplace, "admin" | "stage"> & { host: FakeHost }): Promise<{
  ticket: Ticket
  job: Job
  worker: FakeWorker
  object: DurableObjectStub
}> {
  const { ticket, job } = await startResearch(admin, stage.project.id)
  const worker = await fakeWorker(await launchOf(host, job.id))
  await ok(worker.claim())
  return { ticket, job, worker, object: rawJob(job.id) }
}

/** The launch values with which the host was told to start this attempt. */
export const launchOf = (host: FakeHost, jobId: string, attempt = 1): Promise<Record<string, string>> =>
  until(`a run of ${jobId}`, () => {
    const call = host.calls.find((one) => one.verb === "run" && one.args.jobId === jobId && one.args.attempt === attempt)
    return call?.verb === "run" ? call.args.env : null
  })

export const text = (seq: number, delta: string) => ({ seq, at: new Date(0).toISOString(), kind: "text", delta })
export const step = (seq: number, name: string, state: string) => ({ seq, at: new Date(0).toISOString(), kind: "step", step: name, state })
