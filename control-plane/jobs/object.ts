import { DurableObject } from "cloudflare:workers"
import type { Job } from "#contract/jobs.ts"
import type { Claim, Outcome, WorkerEvent } from "#contract/worker.ts"
import type { Bindings, ObjectClass } from "../config.ts"
import { type Context, createContext, now, overrides } from "../context.ts"
import { arm, createDeadlines, type Deadlines } from "../durable/deadlines.ts"
import { createOutbox, type Outbox } from "../durable/outbox.ts"
import { close } from "../durable/sockets.ts"
import { AppError } from "../errors.ts"
import { randomHex } from "../hash.ts"
import { createLog } from "../log.ts"
import type { Doors } from "../compute/strategy.ts"
import { archiveLog, readLog } from "./archive.ts"
import { limitsOf, readAll, splitSpec, writeTexts } from "./accept.ts"
import { effectRules, type JobDesk, prove, type React, toEffect } from "./effects.ts"
import { createLedger, type Ledger } from "./ledger.ts"
import { initial, transition } from "./machine.ts"
import { toReply } from "./reply.ts"
import { dropCheckpoints, lastCheckpoint } from "./resume.ts"
import type { JobSpec, Origin } from "./spec.ts"
import type { DeadlineName, JobEvent, JobState, Transition } from "./state.ts"
import type { ComputeReport, JobStub, Said, WantedFile } from "./stub.ts"
import { mayLook } from "./may-look.ts"
import { createViewers, type Viewers } from "./viewers.ts"
import * as files from "./worker-files.ts"
import * as worker from "./worker-side.ts"

/** What the object needs from above and beside it: given by `worker.ts`. */
export interface JobDoors {
  react: React
  doors: (context: Context) => Doors
}

/**
 * One job: receives and delegates. The machine decides, the ledger remembers, the outbox acts; state and effects are
 * committed in one transaction, and a running job needs nothing but this object.
 */
export function jobObject({ react, doors }: JobDoors): ObjectClass<JobStub> {
  return class extends DurableObject<Bindings> implements JobStub {
    readonly #ledger: Ledger
    readonly #deadlines: Deadlines<DeadlineName>
    readonly #outbox: Outbox
    readonly #viewers: Viewers
    #job: { id: string; spec: JobSpec; state: JobState } | null

    constructor(ctx: DurableObjectState, env: Bindings) {
      super(ctx, env)
      this.#ledger = createLedger(ctx.storage)
      this.#deadlines = createDeadlines(ctx.storage.sql)
      this.#job = this.#ledger.load()
      this.#viewers = createViewers(ctx, {
        ledger: this.#ledger,
        now,
        mayLook: (who) => mayLook(this.#context(), who, this.#job?.spec.projectId),
      })
      this.#outbox = createOutbox({
        sql: ctx.storage.sql,
        now,
        log: overrides.log ?? createLog({ object: "job", jobId: this.#job?.id ?? null }),
        changed: () => this.#arm(),
        held: () => overrides.frozen === true,
        rules: effectRules(this.#desk(), doors, react),
      })
      void ctx.blockConcurrencyWhile(() => this.#arm())
    }

    async accept(jobId: string): Promise<Job> {
      if (this.#job) return this.#reply()
      const { spec, texts, sealed } = splitSpec(await readAll(this.#context(), jobId))
      const kept = await writeTexts(this.env.BUCKET, jobId, texts)
      // Two accepts may have read side by side; the first to write is the job.
      if (this.#job) return this.#reply()
      const first = initial(limitsOf(spec, this.#context().keys), now())
      this.ctx.storage.transactionSync(() => {
        this.#ledger.create(jobId, spec, kept, first.state)
        this.#ledger.seal(sealed)
        this.#deadlines.replace(first.state.deadlines)
        this.#outbox.add(first.effects.map(toEffect), now())
      })
      this.#job = { id: jobId, spec, state: first.state }
      await this.#wake()
      return this.#reply()
    }

    async granted(leaseId: string): Promise<"accepted" | "not-wanted"> {
      if (!this.#job) return "not-wanted"
      const { answer } = await this.apply({ type: "granted", leaseId, nonce: randomHex(16) })
      return answer.ok ? "accepted" : "not-wanted"
    }

    async holds(leaseId: string): Promise<boolean> {
      const attempt = this.#job?.state.attempts.at(-1)
      return attempt?.leaseId === leaseId && attempt.endedAt === null
    }

    async read(): Promise<Job | null> {
      return this.#job ? this.#reply() : null
    }

    async prompt(): Promise<string | null> {
      return this.#job ? (await worker.loadTexts(this.env.BUCKET, this.#ledger)).prompt : null
    }

    async cancel(by: string): Promise<Said<{ job: Job }>> {
      if (!this.#job) return { ok: false, refusal: "unknown" }
      const { answer } = await this.apply({ type: "cancel", by })
      return answer.ok ? { ok: true, job: this.#reply() } : { ok: false, refusal: answer.refusal }
    }

    async page(after: number, limit: number): Promise<string> {
      const items = await this.#read(after, limit)
      const last = items.at(-1)?.seq ?? after
      const nextCursor = this.#ledger.hasAfter(last) ? `"${last}"` : "null"
      return `{"items":[${items.map(({ json }) => json).join(",")}],"nextCursor":${nextCursor}}`
    }

    async text(after: number): Promise<{ text: string; next: number | null }> {
      const items = await this.#read(after, 2000)
      const last = items.at(-1)?.seq ?? after
      return { text: worker.plainText(items), next: this.#ledger.hasAfter(last) ? last : null }
    }

    async artifacts(): Promise<{ attempt: number; name: string; size: number; at: number }[]> {
      return this.#ledger.artifacts()
    }

    async claim(claim: Claim, nonce: string): Promise<Said<{ reply: string }>> {
      return worker.claim(this.#bench(), claim, nonce)
    }

    async events(attempt: number, secret: string, events: WorkerEvent[]): ReturnType<JobStub["events"]> {
      return worker.events(this.#bench(), attempt, secret, events)
    }

    async result(attempt: number, secret: string, lastSeq: number, outcome: Outcome): Promise<Said<{ status: string }>> {
      return worker.result(this.#bench(), attempt, secret, lastSeq, outcome)
    }

    async credentials(attempt: number, secret: string, names: string[]): Promise<Said<{ reply: string }>> {
      return worker.credentials(this.#bench(), attempt, secret, names)
    }

    async addArtifact(attempt: number, secret: string, artifact: { name: string; size: number | null }): Promise<Said<{ key: string }>> {
      return files.addArtifact(this.#bench(), attempt, secret, artifact)
    }

    async lastCheckpoint(): Promise<Origin | null> {
      return lastCheckpoint(this.#job, this.#ledger)
    }

    async file(attempt: number, secret: string, wanted: WantedFile): Promise<Said<{ key: string }>> {
      return files.file(this.#bench(), attempt, secret, wanted)
    }

    async reported(report: ComputeReport): Promise<void> {
      if (this.#job) await this.apply(worker.computeEvent(report, this.#job.state))
      await this.alarm()
    }

    async poke(): Promise<void> {
      if (!this.#job) return
      const queued = this.#job.state.stage.status === "queued" && this.#job.state.deadlines.requeue === undefined
      this.ctx.storage.transactionSync(() =>
        this.#outbox.add([toEffect({ kind: "project" }), ...(queued ? [toEffect({ kind: "enqueue" })] : [])], now()),
      )
      await this.alarm()
    }

    async remove(): Promise<void> {
      this.#viewers.send(JSON.stringify({ type: "bye", reason: "deleted" }))
      await this.#outbox.idle()
      // Without a job nothing here touches a table again; a fresh instance would make them anew.
      this.#job = null
      await this.ctx.storage.deleteAlarm()
      await this.ctx.storage.deleteAll()
    }

    override async fetch(request: Request): Promise<Response> {
      if (!this.#job) throw new AppError("not-found", "There is no such job.")
      return this.#viewers.open(request, JSON.stringify(this.#reply()))
    }

    override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
      this.#viewers.heard(socket, message)
    }

    override webSocketClose(socket: WebSocket): void {
      close(socket, "bye")
    }

    /** Deadlines first and without I/O; then the effects are started, not awaited: none of them may delay a deadline. */
    override async alarm(): Promise<void> {
      if (!this.#job || overrides.frozen === true) return
      for (const { name } of this.#deadlines.due(now())) {
        const attempt = this.#job.state.attempts.at(-1)
        const lastWordAt = attempt ? (this.#ledger.progress(attempt.n)?.lastWordAt ?? null) : null
        this.#commit(transition(this.#job.state, { type: "deadline", name: worker.deadlineName(name), lastWordAt }, now()))
      }
      await this.#wake()
    }

    /** For tests and drains: resolves when no effect is in flight. */
    idle(): Promise<void> {
      return this.#outbox.idle()
    }

    /** The machine's door: what an effect or a test has to say. */
    async apply(event: JobEvent, also?: () => void): Promise<Transition> {
      const step = transition(this.#present().state, event, now())
      this.#commit(step, also)
      await this.#wake()
      return step
    }

    /** State, deadlines, effects and what came with the event, in one transaction; a refused event brings nothing along. */
    #commit(step: Transition, also?: () => void): void {
      const job = this.#present()
      const before = job.state.version
      this.ctx.storage.transactionSync(() => {
        if (step.answer.ok) also?.()
        if (step.state === job.state) return
        this.#ledger.save(step.state)
        this.#deadlines.replace(step.state.deadlines)
        this.#outbox.add(step.effects.map(toEffect), now())
      })
      job.state = step.state
      if (step.state.version !== before) this.#viewers.send(`{"type":"job","job":${JSON.stringify(this.#reply())}}`)
    }

    async #wake(): Promise<void> {
      this.#outbox.start()
      await this.#arm()
    }

    #read(after: number, limit: number) {
      return readLog({ bucket: this.env.BUCKET, ledger: this.#ledger }, after, limit)
    }

    #arm(): Promise<void> {
      return arm(this.ctx.storage, [this.#deadlines.next(), this.#outbox.next()], now())
    }

    #present(): { id: string; spec: JobSpec; state: JobState } {
      if (!this.#job) throw new Error("this job was never accepted")
      return this.#job
    }

    #reply(): Job {
      const { id, spec, state } = this.#present()
      return toReply(id, spec, state, this.#ledger.lastSeq())
    }

    #context(): Context {
      return createContext(this.env)
    }

    #bench(): worker.Bench {
      return {
        job: this.#job,
        ledger: this.#ledger,
        viewers: this.#viewers,
        ...{ now, context: () => this.#context() },
        apply: (event, also) => this.apply(event, also),
        write: (work) => this.ctx.storage.transactionSync(work),
        prove: (attempt, claimant) => prove(this.#present(), { attempt, claimant, doors: doors(this.#context()) }),
      }
    }

    #desk(): JobDesk {
      return {
        context: () => this.#context(),
        id: () => this.#present().id,
        spec: () => this.#present().spec,
        state: () => this.#present().state,
        reply: () => this.#reply(),
        outcome: () => this.#ledger.result(this.#present().state.attempts.at(-1)?.n ?? 0),
        apply: async (event) => void (await this.apply(event)),
        ended: () => this.#ledger.forgetSecrets(),
        archive: async () => {
          const old = { bucket: this.env.BUCKET, jobId: this.#present().id, ledger: this.#ledger }
          await archiveLog({ ...old, write: (work) => this.ctx.storage.transactionSync(work) })
          await dropCheckpoints(old)
        },
      }
    }
  }
}
