import { DurableObject } from "cloudflare:workers"
import { HOST_PING, HOST_PONG, HOST_PROTOCOL, type HostCall, type HostSays } from "#contract/host.ts"
import { hostSaysSchema, imageFactsSchema } from "#contract/host.schema.ts"
import type { HostDoor, InspectAnswer } from "../compute/strategy.ts"
import type { Bindings, ObjectClass } from "../config.ts"
import { createContext, now, overrides } from "../context.ts"
import { arm } from "../durable/deadlines.ts"
import { createOutbox, type Outbox } from "../durable/outbox.ts"
import { acceptSocket, close, readMessage, send } from "../durable/sockets.ts"
import { AppError } from "../errors.ts"
import { feedObject } from "../feed/stub.ts"
import { sameText, sha256Hex } from "../hash.ts"
import { createLog } from "../log.ts"
import { createHostBook, type Hello, type HostBook, type HostRow, type Reply } from "./book.ts"
import { livenessOf } from "./liveness.ts"
import { projectHost } from "./store.ts"
import type { HostStub, RunReport } from "./stub.ts"

/** How the object reaches what lies beside and above it: given by `worker.ts`. */
export interface HostDoors {
  told: (env: Bindings, report: RunReport) => Promise<void>
  cap: (env: Bindings, hostId: string, limit: number, reason: string | null) => Promise<void>
}
const TAG = "host"
const LIMITS = { d1Ms: 3000, objectMs: 5000 } as const
/** As long as a host keeps the tombstone of an attempt. */
const KEEP_MS = 24 * 60 * 60_000
/** What is older goes with one of the next calls, so often: no host that is asked nothing grows. */
const TRIM_MS = 60 * 60_000

/**
 * One machine that connected itself. Commands are stored and answered at once; the socket is only how they travel, and a
 * reconnect sends again what was not answered.
 */
export function hostObject(doors: HostDoors): ObjectClass<HostStub> {
  return class extends DurableObject<Bindings> implements HostStub {
    readonly #book: HostBook
    readonly #outbox: Outbox
    #trimmedAt = 0

    constructor(ctx: DurableObjectState, env: Bindings) {
      super(ctx, env)
      this.#book = createHostBook(ctx.storage)
      ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(HOST_PING, HOST_PONG))
      this.#outbox = createOutbox({
        sql: ctx.storage.sql,
        now,
        log: overrides.log ?? createLog({ object: "host", hostId: this.#book.load()?.id ?? null }),
        changed: () => this.#arm(),
        rules: {
          project: { limitMs: LIMITS.d1Ms, run: () => this.#project() },
          cap: { limitMs: LIMITS.objectMs, run: () => this.#cap() },
          told: { limitMs: LIMITS.objectMs, run: ({ report }) => doors.told(this.env, JSON.parse(String(report))) },
        },
      })
      void ctx.blockConcurrencyWhile(() => this.#arm())
    }

    async create(hostId: string, name: string, secretHash: string): Promise<void> {
      this.#book.create(hostId, name, secretHash)
    }

    async revoke(): Promise<void> {
      this.#commit(() => this.#book.revoke())
      for (const socket of this.ctx.getWebSockets(TAG)) {
        send(socket, JSON.stringify({ type: "bye", reason: "revoked" }))
        close(socket, "revoked")
      }
    }

    async running(): Promise<number> {
      return this.#book.living().length
    }

    async run(run: Parameters<HostDoor["run"]>[0]): Promise<"accepted" | "away" | "revoked"> {
      const host = this.#book.load()
      if (!host || host.revoked) return "revoked"
      // A refused run may be tried again; whatever else is known of it was started or is about to be.
      const known = this.#book.run(run.jobId, run.attempt)
      const { try: runTry, ...args } = run
      const id = `run:${run.jobId}:${run.attempt}:${runTry}`
      if (known && (known.state !== "refused" || this.#book.knows(id))) return "accepted"
      if (!this.#isConnected(host)) return "away"
      this.ctx.storage.transactionSync(() => {
        this.#book.setRun(run.jobId, run.attempt, { state: "asked", reason: "the host was asked to start it", oom: false }, now())
        this.#call({ type: "call", id, verb: "run", args })
      })
      return "accepted"
    }

    async inspect(jobId: string, attempt: number): Promise<InspectAnswer> {
      const host = this.#book.load()
      const run = this.#book.run(jobId, attempt)
      if (!run || run.state === "missing") return { state: "gone", reason: run?.reason ?? "the host never heard of it", oom: false }
      if (run.state === "exited" || run.state === "refused") return { state: "stopped", reason: run.reason, oom: run.oom }
      if (!host || !this.#isConnected(host)) return { state: "unknown", reason: "the host is not connected", oom: false }
      return { state: run.state === "asked" ? "starting" : "running", reason: run.reason, oom: false }
    }

    /** Asked again after the host has answered, it is a new call: the first may have been lost on the host's own side. */
    async stop(jobId: string, attempt: number, graceMs: number): Promise<void> {
      const first = `stop:${jobId}:${attempt}`
      const id = this.#book.reply(first) ? `${first}:${now()}` : first
      this.#call({ type: "call", id, verb: "stop", args: { handle: `viberator-${jobId}-${attempt}`, graceMs } })
    }

    async image(key: string, name: string): ReturnType<HostDoor["image"]> {
      const host = this.#book.load()
      const reply = this.#book.reply(`image:${key}`)
      if (!reply) {
        if (!host || !this.#isConnected(host)) return { state: "away" }
        this.#call({ type: "call", id: `image:${key}`, verb: "image", args: { name, pull: true } })
        return { state: "pending" }
      }
      const facts = reply.ok ? imageFactsSchema.safeParse(reply.result) : null
      if (!facts?.success) return { state: "failed", message: reply.error?.message ?? "its answer was not understood" }
      return { state: "ok", id: facts.data.id, size: facts.data.size, digest: facts.data.digest ?? null }
    }

    override async fetch(request: Request): Promise<Response> {
      const hash = await sha256Hex(request.headers.get("x-viberglass-host-secret") ?? "")
      const host = this.#book.load()
      if (!host || !sameText(host.secretHash, hash)) throw new AppError("auth.required", "This host token is not known.")
      if (host.revoked) throw new AppError("auth.forbidden", "This host was revoked.")
      return acceptSocket(this.ctx, TAG, { hello: false }).response
    }

    override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
      const said = hostSaysSchema.safeParse(readMessage(message))
      if (!said.success) return close(socket, "this message is not of the host protocol")
      if (greeted(socket)) socket.serializeAttachment({ hello: true, heardAt: now() })
      this.#hear(socket, said.data)
    }

    override webSocketClose(socket: WebSocket): void {
      close(socket, "bye")
      if (this.ctx.getWebSockets(TAG).every((other) => other === socket || !greeted(other))) this.#commit(() => this.#book.away(now()))
    }

    override webSocketError(socket: WebSocket): void {
      this.webSocketClose(socket)
    }

    override async alarm(): Promise<void> {
      this.#outbox.start()
      await this.#arm()
    }

    idle(): Promise<void> {
      return this.#outbox.idle()
    }

    #hear(socket: WebSocket, said: HostSays): void {
      switch (said.type) {
        case "hello":
          return this.#hello(socket, said)
        case "reply":
          return this.#replied(said)
        case "exited": {
          const run = { state: "exited", reason: said.reason, oom: said.oom } as const
          // Only of what this host was asked to run: another's job is none of its business.
          if (this.#book.run(said.jobId, said.attempt))
            this.#report(said.jobId, said.attempt, run, { kind: "stopped", reason: said.reason, oom: said.oom })
          send(socket, JSON.stringify({ type: "stored", jobId: said.jobId, attempt: said.attempt }))
        }
      }
    }

    /** A new connection takes the place of an older one; what was not answered is sent again; workers it lost are noted. */
    #hello(socket: WebSocket, hello: Hello): void {
      const bye = this.#refusal(hello)
      if (bye) {
        send(socket, JSON.stringify({ type: "bye", reason: bye }))
        return close(socket, bye)
      }
      for (const other of this.ctx.getWebSockets(TAG))
        if (other !== socket && greeted(other)) {
          // Half-open as it may be, it must not count as the host any more.
          other.serializeAttachment({ hello: false })
          close(other, "another connection of this host took over")
        }
      socket.serializeAttachment({ hello: true, heardAt: now() })
      const alive = new Set(hello.running.map(({ jobId, attempt }) => `${jobId}:${attempt}`))
      this.#commit(() => {
        this.#book.connected(hello, now())
        this.#book.forgetBefore(now() - KEEP_MS)
        for (const { jobId, attempt } of this.#book.living())
          if (!alive.has(`${jobId}:${attempt}`))
            this.#book.setRun(jobId, attempt, { state: "missing", reason: "the host does not run it any more", oom: false }, now())
        for (const { jobId, attempt } of hello.running)
          this.#book.setRun(jobId, attempt, { state: "running", reason: "the host runs it", oom: false }, now())
      })
      for (const call of this.#book.open()) send(socket, call)
    }

    #refusal(hello: Hello): string | null {
      if (hello.protocol !== HOST_PROTOCOL)
        return `host protocol ${hello.protocol} is not supported; this control plane speaks ${HOST_PROTOCOL}`
      const { config } = createContext(this.env)
      if (hello.engine.kind === "process" && !config.allowProcessEngine)
        return "the process engine isolates nothing and is refused here: use Docker"
      return null
    }

    #replied(reply: Reply): void {
      const call = this.#book.answered(reply)
      if (call?.verb !== "run") return
      const { jobId, attempt } = call.args
      if (reply.ok) {
        if (this.#book.run(jobId, attempt)?.state === "asked")
          this.#book.setRun(jobId, attempt, { state: "running", reason: "the host runs it", oom: false }, now())
        return
      }
      const { class: kind = "permanent", code = "unknown", message = "the host refused without a word" } = reply.error ?? {}
      this.#report(
        jobId,
        attempt,
        { state: "refused", reason: message, oom: false },
        { kind: "refused", transient: kind === "transient", code, message },
      )
    }

    #report(jobId: string, attempt: number, run: Parameters<HostBook["setRun"]>[2], report: RunReport["report"]): void {
      const told = JSON.stringify({ jobId, attempt, report } satisfies RunReport)
      this.ctx.storage.transactionSync(() => {
        this.#book.setRun(jobId, attempt, run, now())
        this.#outbox.add([{ key: `told:${jobId}:${attempt}`, chain: `told:${jobId}`, kind: "told", data: { report: told } }], now())
      })
      this.#outbox.start()
    }

    #call(call: HostCall): void {
      if (!this.#book.ask(call, now())) return
      if (now() - this.#trimmedAt > TRIM_MS) {
        this.#trimmedAt = now()
        this.#book.forgetBefore(now() - KEEP_MS)
      }
      for (const socket of this.ctx.getWebSockets(TAG)) if (greeted(socket)) send(socket, JSON.stringify(call))
    }

    #isConnected(host: HostRow): boolean {
      const socket = this.ctx.getWebSockets(TAG).find(greeted)
      if (!socket || !host.connected) return false
      const pinged = this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0
      const liveness = livenessOf({ at: Math.max(pinged, heardAt(socket)), askedAt: this.#book.pingedAt() }, now())
      if (liveness === "ask") this.#call({ type: "call", id: `ping:${now()}`, verb: "ping", args: {} })
      return liveness !== "away"
    }

    #commit(write: () => void): void {
      this.ctx.storage.transactionSync(() => {
        write()
        this.#outbox.add([PROJECT, CAP], now())
      })
      this.#outbox.start()
    }

    async #project(): Promise<void> {
      const host = this.#book.load()
      if (!host) return
      await projectHost(createContext(this.env), host)
      await feedObject(this.env).tell({ type: "changed", noun: "host", id: host.id, projectId: null, version: host.projection })
    }

    async #cap(): Promise<void> {
      const host = this.#book.load()
      if (!host) return
      // A revoked host holds nobody up: its jobs are launched, refused, and told why.
      const open = host.connected || host.revoked
      await doors.cap(this.env, host.id, open ? (host.hello?.slots ?? 1) : 0, open ? null : `the host ${host.name} is not connected`)
    }

    #arm(): Promise<void> {
      return arm(this.ctx.storage, [this.#outbox.next()], now())
    }
  }
}

const PROJECT = { key: "project", chain: "rows", kind: "project", data: {} }
const CAP = { key: "cap", chain: "cap", kind: "cap", data: {} }
const greeted = (socket: WebSocket): boolean => socket.deserializeAttachment()?.hello === true
const heardAt = (socket: WebSocket): number => Number(socket.deserializeAttachment()?.heardAt ?? 0)
