// The built Worker for `npm run bench` with a meter on what the platform bills, and a clock that the bench moves. It wraps
// bindings and objects from outside; nothing of the product is changed or knows of it. `./index.js` is the build's.
import * as built from "./index.js"

const NAMESPACES = { JOBS: "JobObject", QUEUE: "QueueObject", CLANKERS: "ClankerObject", HOSTS: "HostObject", FEED: "FeedObject" }
const zero = () => ({ requests: 0, alarms: 0, socketMessages: 0, rowsRead: 0, rowsWritten: 0 })
const objects = Object.fromEntries(Object.values(NAMESPACES).map((name) => [name, zero()]))
/** Bytes of each job's own database, when it was last at rest. */
const sizes = new Map()
const used = { workerRequests: 0, objects, d1: { questions: 0, queries: 0, rowsRead: 0, rowsWritten: 0 }, r2: { classA: 0, classB: 0 } }
/** What the queue decided, in order. */
const decisions = []
/** Statements by how often they ran and the rows they touched, to find where rows go. */
const statements = new Map()

/** Null while the real clock runs. From then on time stands still between the bench's own steps, and alarms wait for it. */
let clock = null
const realNow = Date.now
Date.now = () => clock ?? realNow()
const alarms = new Map()
const living = new Map()

function noteStatement(owner, query, rowsRead, rowsWritten) {
  const key = `${owner}: ${query.replace(/\s+/g, " ").slice(0, 120)}`
  const known = statements.get(key) ?? { times: 0, rowsRead: 0, rowsWritten: 0 }
  statements.set(key, { times: known.times + 1, rowsRead: known.rowsRead + rowsRead, rowsWritten: known.rowsWritten + rowsWritten })
}

/** A cursor counts what it has read when it is read out; what it wrote is known at once. */
function countedCursor(cursor, name, query) {
  used.objects[name].rowsWritten += cursor.rowsWritten
  const done = () => {
    used.objects[name].rowsRead += cursor.rowsRead
    noteStatement(name, query, cursor.rowsRead, cursor.rowsWritten)
  }
  const read = (how) => {
    try {
      return how()
    } finally {
      done()
    }
  }
  if (cursor.rowsWritten > 0 && !/RETURNING/i.test(query)) done()
  return {
    toArray: () => read(() => cursor.toArray()),
    one: () => read(() => cursor.one()),
    *[Symbol.iterator]() {
      try {
        yield* cursor
      } finally {
        done()
      }
    },
  }
}

function noteDecision(name, query, values) {
  if (name !== "QueueObject") return
  if (query.startsWith("INSERT OR REPLACE INTO waiting")) {
    const [jobId, projectId, , , priority, at] = values
    decisions.push({ type: "waits", jobId, projectId, priority, at })
  }
  if (query.startsWith("INSERT INTO leases")) decisions.push({ type: "granted", leaseId: values[0], jobId: values[2] })
  if (query.startsWith("DELETE FROM leases")) decisions.push({ type: "released", leaseId: values[0] })
}

function countedStorage(storage, id, name) {
  const sql = {
    exec(query, ...values) {
      noteDecision(name, query, values)
      return countedCursor(storage.sql.exec(query, ...values), name, query)
    },
    get databaseSize() {
      return storage.sql.databaseSize
    },
  }
  const instead = {
    sql,
    getAlarm: async () => (clock === null ? storage.getAlarm() : (alarms.get(id) ?? null)),
    // The price list bills a setAlarm as one row written.
    setAlarm: async (at) => {
      used.objects[name].rowsWritten++
      alarms.set(id, Number(at))
      noteStatement(name, "setAlarm", 0, 1)
      if (clock === null) await storage.setAlarm(at)
    },
    deleteAlarm: async () => {
      alarms.delete(id)
      if (clock === null) await storage.deleteAlarm()
    },
  }
  return new Proxy(storage, {
    get(target, key) {
      if (key in instead) return instead[key]
      const value = Reflect.get(target, key, target)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
}

function countedStub(stub, name) {
  return new Proxy(stub, {
    get: (target, key) =>
      // A stub is no promise, whatever it is asked for.
      typeof key === "symbol" || key === "then"
        ? undefined
        : (...values) => {
            used.objects[name].requests++
            return target[key](...values)
          },
  })
}

const watched = new WeakSet()
/** Every answer of D1 names its rows, whatever the caller asked for. */
function watchD1(db) {
  for (const session of [db, db.alwaysPrimarySession]) {
    if (watched.has(session)) continue
    watched.add(session)
    const fetcher = session.fetcher
    session.fetcher = {
      async fetch(...request) {
        const response = await fetcher.fetch(...request)
        const text = await response.text()
        used.d1.questions++
        for (const { meta } of [JSON.parse(text)].flat()) {
          used.d1.queries++
          used.d1.rowsRead += meta?.rows_read ?? 0
          used.d1.rowsWritten += meta?.rows_written ?? 0
        }
        return new Response(text, { status: response.status, headers: response.headers })
      },
    }
  }
  return db
}

const R2_CLASS = { put: "classA", list: "classA", createMultipartUpload: "classA", get: "classB", head: "classB" }
const countedBucket = (bucket) =>
  new Proxy(bucket, {
    get(target, key) {
      const value = Reflect.get(target, key, target)
      if (typeof value !== "function") return value
      return (...values) => {
        if (key in R2_CLASS) used.r2[R2_CLASS[key]]++
        return value.apply(target, values)
      }
    },
  })

function countedEnv(env) {
  const namespaces = Object.entries(NAMESPACES).map(([binding, name]) => [
    binding,
    { idFromName: (text) => env[binding].idFromName(text), get: (id) => countedStub(env[binding].get(id), name) },
  ])
  return { ...env, ...Object.fromEntries(namespaces), DB: watchD1(env.DB), BUCKET: countedBucket(env.BUCKET) }
}

function metered(binding) {
  const name = NAMESPACES[binding]
  return class extends built[name] {
    #id
    constructor(ctx, env) {
      const id = ctx.id.toString()
      Object.defineProperty(ctx, "storage", { value: countedStorage(ctx.storage, id, name) })
      super(ctx, countedEnv(env))
      this.#id = id
      living.set(id, binding)
    }

    async alarm() {
      if (clock === null) await this.#ring()
    }

    async #ring() {
      used.objects[name].alarms++
      await super.alarm?.()
    }

    async webSocketMessage(...values) {
      used.objects[name].socketMessages++
      await super.webSocketMessage?.(...values)
    }

    /** Fires the alarm if its time has come, and says whether it had; comes back when nothing is in flight. */
    async elapse() {
      const at = alarms.get(this.#id)
      const due = at !== undefined && at <= Date.now()
      if (due) {
        alarms.delete(this.#id)
        await this.#ring()
      }
      await this.idle?.()
      if (name === "JobObject") sizes.set(this.#id, this.ctx.storage.sql.databaseSize)
      return due
    }
  }
}
export const JobObject = metered("JOBS")
export const QueueObject = metered("QUEUE")
export const ClankerObject = metered("CLANKERS")
export const HostObject = metered("HOSTS")
export const FeedObject = metered("FEED")

/** Sets the clock and lets everything happen that is due by then, until nothing is. At rest it waits for what is in flight. */
async function elapse(env, to) {
  const atRest = clock !== null && to <= clock
  clock = Math.max(to, Date.now())
  for (let rang = true; rang;) {
    rang = false
    for (const [id, binding] of living)
      if (atRest || (alarms.get(id) ?? Infinity) <= clock) rang = (await env[binding].get(env[binding].idFromString(id)).elapse()) || rang
  }
  return { now: clock }
}

async function bench(request, env) {
  const { pathname, searchParams } = new URL(request.url)
  switch (`${request.method} ${pathname.replace("/api/bench/", "")}`) {
    case "GET used":
      return Response.json({ ...used, jobBytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0) })
    case "GET statements":
      return Response.json({ items: [...statements].map(([statement, count]) => ({ statement, ...count })) })
    case "GET decisions":
      return Response.json({ items: decisions })
    case "GET clock":
      return Response.json(await elapse(env, Number(searchParams.get("to"))))
    default:
      return new Response(null, { status: 404 })
  }
}

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname.startsWith("/api/bench/")) return bench(request, env)
    used.workerRequests++
    return built.default.fetch(request, countedEnv(env), ctx)
  },
  scheduled(controller, env, ctx) {
    used.workerRequests++
    return built.default.scheduled({ cron: controller.cron, scheduledTime: Date.now() }, countedEnv(env), ctx)
  },
}
