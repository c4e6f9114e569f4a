import { DurableObject } from "cloudflare:workers"
import type { ComputeType } from "#contract/clankers.ts"
import { type Doors, STRATEGIES } from "../compute/strategy.ts"
import type { Bindings, ObjectClass } from "../config.ts"
import { type Context, createContext, now, overrides } from "../context.ts"
import { arm } from "../durable/deadlines.ts"
import { createOutbox, type Outbox, OUTBOX_SCHEMA, within } from "../durable/outbox.ts"
import { migrate } from "../durable/sql-migrations.ts"
import { wordsOf } from "../errors.ts"
import { feedObject } from "../feed/stub.ts"
import { randomHex } from "../hash.ts"
import { createLog } from "../log.ts"
import { type DeploymentEvent, type DeploymentState, fresh, remainsOf, standing, transition } from "./deployment.ts"
import { projectDeployment } from "./store.ts"
import type { ClankerStub } from "./stub.ts"

const MIGRATIONS = [
  `CREATE TABLE deployment (only INTEGER PRIMARY KEY CHECK (only = 1), clanker_id TEXT NOT NULL, max_concurrency INTEGER NOT NULL, state TEXT NOT NULL); ${OUTBOX_SCHEMA};`,
]
const LIMITS = { provisionMs: 10_000, d1Ms: 3000, objectMs: 5000 } as const

/** How the object reaches what lies beside it: given by `worker.ts`. */
export interface ClankerDoors {
  compute: (context: Context) => Doors
  /** Tells the queue how many jobs may run on this clanker now; 0 with a reason while it serves nothing. */
  cap: (env: Bindings, clankerId: string, limit: number, reason: string | null) => Promise<void>
}

/** A clanker's deployment: a resumable step machine on alarms. One provision call at a time, its answer decides the next. */
export function clankerObject(doors: ClankerDoors): ObjectClass<ClankerStub> {
  return class extends DurableObject<Bindings> implements ClankerStub {
    readonly #outbox: Outbox
    #id: string
    #maxConcurrency: number
    #state: DeploymentState

    constructor(ctx: DurableObjectState, env: Bindings) {
      super(ctx, env)
      migrate(ctx.storage, MIGRATIONS)
      const [row] = ctx.storage.sql
        .exec<{ clanker_id: string; max_concurrency: number; state: string }>("SELECT clanker_id, max_concurrency, state FROM deployment")
        .toArray()
      this.#id = row?.clanker_id ?? ""
      this.#maxConcurrency = row?.max_concurrency ?? 0
      this.#state = row ? { ...fresh, ...JSON.parse(row.state) } : fresh
      this.#outbox = createOutbox({
        sql: ctx.storage.sql,
        now,
        log: overrides.log ?? createLog({ object: "clanker", clankerId: this.#id }),
        changed: () => this.#arm(),
        rules: {
          provision: { limitMs: LIMITS.provisionMs * 2, run: () => this.#provision() },
          project: { limitMs: LIMITS.d1Ms, run: () => projectDeployment(this.#context(), this.#id, this.#state) },
          cap: {
            limitMs: LIMITS.objectMs,
            run: () =>
              this.#state.serving
                ? doors.cap(this.env, this.#id, this.#maxConcurrency, null)
                : doors.cap(this.env, this.#id, 0, "the clanker is not active"),
          },
          announce: {
            limitMs: LIMITS.objectMs,
            run: () => feedObject(this.env).tell({ type: "changed", noun: "clanker", id: this.#id, projectId: null, version: now() }),
          },
        },
      })
      void ctx.blockConcurrencyWhile(() => this.#arm())
    }

    async start({ clankerId, revision, config, maxConcurrency }: Parameters<ClankerStub["start"]>[0]): Promise<DeploymentState> {
      this.#id = clankerId
      this.#maxConcurrency = maxConcurrency
      await this.#apply({ type: "start", revision, config, key: randomHex(8) })
      return this.#state
    }

    async resize(maxConcurrency: number): Promise<void> {
      this.#maxConcurrency = maxConcurrency
      this.ctx.storage.sql.exec("UPDATE deployment SET max_concurrency = ?", maxConcurrency)
      if (this.#state.serving) this.#outbox.add([CAP], now())
      this.#outbox.start()
      await this.#arm()
    }

    async deactivate(clankerId: string): Promise<DeploymentState> {
      this.#id = clankerId
      await this.#apply({ type: "deactivate" })
      return this.#state
    }

    async refresh(computeType: ComputeType): ReturnType<ClankerStub["refresh"]> {
      const facts = standing(this.#state)
      const { describe } = STRATEGIES[computeType]
      if (!facts || this.#state.work || !describe) return { state: this.#state }
      try {
        const found = await within(LIMITS.provisionMs, describe(facts, doors.compute(this.#context())))
        await this.#apply({ type: "described", of: facts, facts: found })
        return { state: this.#state }
      } catch (error) {
        return { why: wordsOf(error) }
      }
    }

    async poke(): Promise<void> {
      if (this.#id !== "") this.#outbox.add([PROJECT], now())
      await this.alarm()
    }

    async remove(): Promise<string[]> {
      const remains = remainsOf(this.#state)
      await this.ctx.storage.deleteAlarm()
      await this.ctx.storage.deleteAll()
      this.#state = fresh
      migrate(this.ctx.storage, MIGRATIONS)
      return remains
    }

    override async alarm(): Promise<void> {
      // A call on its way has a row already, whose lease says when it may be made again.
      const due = this.#state.nextAt !== null && this.#state.nextAt <= now()
      if (due && !this.#outbox.has(PROVISION.key)) this.#outbox.add([PROVISION], now())
      this.#outbox.start()
      await this.#arm()
    }

    idle(): Promise<void> {
      return this.#outbox.idle()
    }

    async #provision(): Promise<void> {
      const { work, nextAt } = this.#state
      if (!work || nextAt === null || nextAt > now()) return
      const { key, step, config, facts, stepStartedAt } = work
      try {
        const answer = await within(
          LIMITS.provisionMs,
          STRATEGIES[config.computeType].provision({ config, key, step, startedAt: stepStartedAt, facts }, doors.compute(this.#context())),
        )
        await this.#apply({ type: "provisioned", key, step, answer })
      } catch (error) {
        await this.#apply({ type: "provision-failed", key, step, message: wordsOf(error) })
      }
    }

    async #apply(event: DeploymentEvent): Promise<void> {
      const state = transition(this.#state, event, now())
      if (state !== this.#state) {
        this.ctx.storage.transactionSync(() => {
          this.ctx.storage.sql.exec(
            "INSERT OR REPLACE INTO deployment (only, clanker_id, max_concurrency, state) VALUES (1, ?, ?, ?)",
            this.#id,
            this.#maxConcurrency,
            JSON.stringify(state),
          )
          this.#outbox.add(
            [
              ...(state.nextAt !== null && state.nextAt <= now() ? [PROVISION] : []),
              PROJECT,
              ANNOUNCE,
              ...(state.serving === this.#state.serving ? [] : [CAP]),
            ],
            now(),
          )
        })
        this.#state = state
      }
      this.#outbox.start()
      await this.#arm()
    }

    #arm(): Promise<void> {
      // While a call is on its way its own row says when to look again.
      const nextAt = this.#outbox.has(PROVISION.key) ? null : this.#state.nextAt
      return arm(this.ctx.storage, [nextAt, this.#outbox.next()], now())
    }

    #context(): Context {
      return createContext(this.env)
    }
  }
}

const PROVISION = { key: "provision", chain: "provision", kind: "provision", data: {} }
const PROJECT = { key: "project", chain: "rows", kind: "project", data: {} }
const CAP = { key: "cap", chain: "cap", kind: "cap", data: {} }
const ANNOUNCE = { key: "announce", chain: "rows", kind: "announce", data: {} }
