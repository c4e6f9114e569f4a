import { DurableObject } from "cloudflare:workers"
import type { Bindings, ObjectClass } from "../config.ts"
import { now, overrides } from "../context.ts"
import { arm } from "../durable/deadlines.ts"
import { createOutbox, type Outbox, within } from "../durable/outbox.ts"
import { createLog } from "../log.ts"
import { createBook, type Book } from "./book.ts"
import { blockedBy, capOf, grants, kindOf, placeOf } from "./order.ts"
import { DEFAULT_INSTALLATION_LIMIT, type Enqueued, INSTALLATION_CAP, PAUSE_CAP, PROJECT_CAP, type QueueStub } from "./stub.ts"

/** How the queue reaches the jobs above it: given by `worker.ts`. */
export interface QueueDoors {
  grant: (env: Bindings, jobId: string, leaseId: string) => Promise<"accepted" | "not-wanted">
  holds: (env: Bindings, jobId: string, leaseId: string) => Promise<boolean>
  newLeaseId: () => string
}
const CAPS_OF_ALL = [PAUSE_CAP, INSTALLATION_CAP] as const
const AUDIT_BATCH = 50
const GRANT_LIMIT_MS = 5000

/** Owns every cap of the installation and the order of waiting jobs. */
export function queueObject(doors: QueueDoors): ObjectClass<QueueStub> {
  return class extends DurableObject<Bindings> implements QueueStub {
    readonly #book: Book
    readonly #outbox: Outbox

    constructor(ctx: DurableObjectState, env: Bindings) {
      super(ctx, env)
      this.#book = createBook(ctx.storage)
      this.#outbox = createOutbox({
        sql: ctx.storage.sql,
        now,
        log: overrides.log ?? createLog({ object: "queue" }),
        changed: () => this.#arm(),
        rules: { grant: { limitMs: GRANT_LIMIT_MS, run: ({ jobId, leaseId }) => this.#grant(String(jobId), String(leaseId)) } },
      })
      void ctx.blockConcurrencyWhile(() => this.#arm())
    }

    async enqueue(entry: Enqueued): Promise<void> {
      this.ctx.storage.transactionSync(() => this.#book.enqueue(entry))
      await this.#pump()
    }

    async release(leaseId: string): Promise<void> {
      this.#book.release(leaseId)
      await this.#pump()
    }

    async leave(jobId: string): Promise<void> {
      this.#book.leave(jobId)
      await this.#pump()
    }

    async setCap(key: string, limit: number, reason: string | null): Promise<void> {
      this.#book.setCap(key, limit, reason)
      await this.#pump()
    }

    async dropCap(key: string): Promise<void> {
      this.#book.dropCap(key)
      await this.#pump()
    }

    async limits(): ReturnType<QueueStub["limits"]> {
      const caps = this.#book.caps()
      const installation = caps.get(INSTALLATION_CAP)?.limit ?? DEFAULT_INSTALLATION_LIMIT
      return { installation, project: caps.get(PROJECT_CAP)?.limit ?? null, paused: caps.get(PAUSE_CAP)?.limit === 0 }
    }

    async describe(jobId: string): Promise<{ reason: string; position: number } | null> {
      const waiting = this.#book.waiting()
      const job = waiting.find((one) => one.jobId === jobId)
      if (!job) return null
      const caps = this.#book.caps()
      const key = blockedBy(job, this.#book.used(), caps)
      return {
        reason: key === null ? "its turn is next" : (capOf(caps, key)?.reason ?? `all slots of the ${kindOf(key)} are taken`),
        position: placeOf(job, waiting, this.#book.held()),
      }
    }

    async counts(): Promise<Record<string, { running: number; queued: number }>> {
      return this.#book.counts()
    }

    async audit(): Promise<void> {
      const asked = this.#book.toAudit(AUDIT_BATCH, now())
      // A job that does not answer now is asked again when its turn comes; the others need not wait for it.
      const answers = await Promise.allSettled(
        asked.map(({ jobId, leaseId }) => within(GRANT_LIMIT_MS, doors.holds(this.env, jobId, leaseId))),
      )
      for (const [index, { leaseId }] of asked.entries()) {
        const answer = answers[index]
        if (answer?.status === "fulfilled" && !answer.value) this.#book.release(leaseId)
      }
      await this.#pump()
    }

    override async alarm(): Promise<void> {
      this.#outbox.start()
      await this.#arm()
    }

    idle(): Promise<void> {
      return this.#outbox.idle()
    }

    /** Decides and notes the leases in one transaction; the jobs are told by the outbox until they answer. */
    async #pump(): Promise<void> {
      this.ctx.storage.transactionSync(() => {
        // Under a cap without room that everybody counts against it is nobody's turn: a long line is not read for that.
        if (blockedBy({ keys: CAPS_OF_ALL }, this.#book.used(), this.#book.caps()) !== null) return
        for (const job of grants(this.#book.waiting(), this.#book.held(), this.#book.caps())) {
          const leaseId = doors.newLeaseId()
          this.#book.lease(job, leaseId, now())
          this.#outbox.add(
            [{ key: `grant:${leaseId}`, chain: `grant:${leaseId}`, kind: "grant", data: { jobId: job.jobId, leaseId } }],
            now(),
          )
        }
      })
      this.#outbox.start()
      await this.#arm()
    }

    async #grant(jobId: string, leaseId: string): Promise<void> {
      if (!this.#book.holds(leaseId)) return
      const answer = await doors.grant(this.env, jobId, leaseId)
      if (answer === "not-wanted") await this.release(leaseId)
    }

    #arm(): Promise<void> {
      return arm(this.ctx.storage, [this.#outbox.next()], now())
    }
  }
}
