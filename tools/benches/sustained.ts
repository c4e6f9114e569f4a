import { acknowledge, LINE, type Numbers, quantiles, seqsOf, type Target } from "./measure.ts"
import { type BenchWorker, startWorker } from "./worker.ts"

/** How often the emitter looks how many events are due. */
const TICK_MS = 5
/** A viewer may be this far behind when the emitter ends. */
const PATIENCE_MS = 5000

/** One job whose agent says so many events a second, evenly, with a worker's own batches, and one viewer who watches. */
export async function sustained(target: Target, { seconds, offered }: { seconds: number; offered: number }): Promise<Numbers> {
  const worker = startWorker(target)
  const viewer = await watch(target, worker)
  const from = performance.now()
  let emitted = 0
  for (let passed = 0; passed < seconds * 1000; passed = performance.now() - from) {
    for (const due = Math.floor((passed / 1000) * offered); emitted < due; emitted++) worker.emit(LINE)
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  const perSecond = Math.floor(worker.acked() / ((performance.now() - from) / 1000))
  await worker.drained()
  const missed = await viewer.missed(worker.lastSeq())
  worker.close()
  const [acks, lags] = [quantiles(worker.ackMs), quantiles(viewer.lagMs)]
  return {
    seconds,
    offeredPerSecond: offered,
    perSecond,
    ackP50Ms: acks.p50,
    ackP95Ms: acks.p95,
    ackP99Ms: acks.p99,
    sentAgain: worker.sent.length - worker.lastSeq(),
    viewerP50Ms: lags.p50,
    viewerP95Ms: lags.p95,
    viewerMissed: missed,
  }
}

/** A viewer that acknowledges what it sees. What comes twice, or after a hole, counts as missed. */
async function watch(target: Target, worker: BenchWorker) {
  const lagMs: number[] = []
  let last = 0
  let end = Number.POSITIVE_INFINITY
  const reached = Promise.withResolvers<void>()
  const socket = await target.view((text) => {
    for (const seq of seqsOf(text)) {
      if (seq !== last + 1) return
      last = seq
      lagMs.push(performance.now() - worker.emittedAt(seq))
    }
    if (last > 0) acknowledge(socket, last)
    if (last >= end) reached.resolve()
  }, 0)
  return {
    lagMs,
    async missed(lastSeq: number): Promise<number> {
      end = lastSeq
      if (last >= end) reached.resolve()
      const timer = setTimeout(() => reached.resolve(), PATIENCE_MS)
      await reached.promise
      clearTimeout(timer)
      socket.close()
      return lastSeq - last
    },
  }
}
