import { type Api } from "../api.ts"
import type { Numbers } from "./measure.ts"
import type { Decision } from "./queue-order.ts"

interface ObjectUse {
  requests: number
  alarms: number
  socketMessages: number
  rowsRead: number
  rowsWritten: number
}
export interface StatementUse {
  statement: string
  times: number
  rowsRead: number
  rowsWritten: number
}
interface Used {
  workerRequests: number
  objects: Record<string, ObjectUse>
  d1: { questions: number; queries: number; rowsRead: number; rowsWritten: number }
  r2: { classA: number; classB: number }
  jobBytes: number
}

/** The metered build's own doors (meter-worker.mjs). */
export function createMeter(api: Api) {
  const read = () => api.get<Used>("/api/bench/used")
  return {
    decisions: async () => (await api.get<{ items: Decision[] }>("/api/bench/decisions")).items,
    /** Those that wrote and read the most rows. */
    async statements(count: number): Promise<StatementUse[]> {
      const { items } = await api.get<{ items: StatementUse[] }>("/api/bench/statements")
      return items.toSorted((a, b) => b.rowsWritten - a.rowsWritten || b.rowsRead - a.rowsRead).slice(0, count)
    },
    /** Stops the real clock; from then on time passes only here, and with it every alarm that is due. */
    async setClock(to: number): Promise<number> {
      return (await api.get<{ now: number }>(`/api/bench/clock?to=${to}`)).now
    },
    /** Messages that viewers of jobs sent and that were taken in. */
    acknowledgements: async () => (await read()).objects["JobObject"]?.socketMessages ?? 0,
    rowsRead: async (object: string) => (await read()).objects[object]?.rowsRead ?? 0,
    /** What the platform would bill for `work`. */
    async of(work: () => Promise<void>): Promise<Numbers> {
      const before = flat(await read())
      await work()
      const after = flat(await read())
      return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]))
    },
  }
}
export type Meter = ReturnType<typeof createMeter>

const sum = ({ objects }: Used, what: keyof ObjectUse) => Object.values(objects).reduce((total, one) => total + one[what], 0)

function flat(used: Used): Numbers {
  return {
    workerRequests: used.workerRequests,
    objectRequests: sum(used, "requests"),
    alarms: sum(used, "alarms"),
    socketMessages: sum(used, "socketMessages"),
    rowsRead: sum(used, "rowsRead"),
    rowsWritten: sum(used, "rowsWritten"),
    d1Questions: used.d1.questions,
    d1Queries: used.d1.queries,
    d1RowsRead: used.d1.rowsRead,
    d1RowsWritten: used.d1.rowsWritten,
    r2ClassA: used.r2.classA,
    r2ClassB: used.r2.classB,
    jobBytes: used.jobBytes,
  }
}
