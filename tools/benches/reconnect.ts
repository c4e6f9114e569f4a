import { fill, LINE, type Numbers, round, seqsOf, type Target } from "./measure.ts"
import { startWorker } from "./worker.ts"

const LOG_EVENTS = 50_000
const MISSED = [0, 100, 1000] as const
/** What the agent says while the network is away, and how long a lost answer is waited for. */
const SAID_WHILE_CUT = 2000
const LOST_FOR_MS = 400

/** Bytes that a viewer gets who comes back after having missed so many events of a long log, and what they weigh themselves. */
export async function viewerComesBack(target: Target): Promise<Numbers> {
  const last = await fill(target, LOG_EVENTS)
  const numbers: Numbers = { events: last }
  let fixed = 0
  for (const missed of MISSED) {
    const own = await ownBytes(target, last - missed, last)
    const bytes = await bytesUntil(target, last - missed, last)
    if (missed === 0) fixed = bytes
    numbers[`missed${missed}Bytes`] = bytes
    if (missed > 0) numbers[`missed${missed}ToOwn`] = round((bytes - fixed) / own)
  }
  return numbers
}

/** The events as a page of the log shows them: what a viewer has to get in any case. */
async function ownBytes(target: Target, after: number, last: number): Promise<number> {
  let bytes = 0
  for (let cursor = after; cursor < last;) {
    const { items }: { items: { seq: number }[] } = JSON.parse(await target.page(cursor))
    for (const item of items) bytes += JSON.stringify(item).length
    cursor = items.at(-1)?.seq ?? last
  }
  return bytes
}

async function bytesUntil(target: Target, after: number, last: number): Promise<number> {
  const there = Promise.withResolvers<void>()
  let bytes = 0
  const socket = await target.view((text) => {
    bytes += text.length
    if ((seqsOf(text).at(-1) ?? after) >= last) there.resolve()
  }, after)
  await there.promise
  socket.close()
  return bytes
}

/**
 * A worker that loses first an answer and then the network: what it sends when it is back, against what was not
 * acknowledged. Go-back-N sends everything from `acked + 1`, and nothing before it.
 */
export async function workerComesBack(target: Target): Promise<Numbers> {
  const worker = startWorker(target)
  for (let event = 0; event < SAID_WHILE_CUT; event++) worker.emit(LINE)
  await worker.drained()
  worker.setNetwork("answers lost")
  worker.emit(LINE)
  await new Promise((resolve) => setTimeout(resolve, LOST_FOR_MS))
  worker.setNetwork("cut")
  for (let event = 0; event < SAID_WHILE_CUT; event++) worker.emit(LINE)
  const [acked, unacknowledged, before] = [worker.acked(), worker.waitingBytes(), worker.sent.length]
  worker.setNetwork("up")
  await worker.drained()
  const again = worker.sent.slice(before)
  const bytes = again.reduce((sum, one) => sum + one.bytes, 0)
  worker.close()
  return {
    events: worker.lastSeq() - acked,
    bytes,
    toOwn: round(bytes / unacknowledged),
    sentFrom: (again[0]?.seq ?? 0) - acked,
    sentTwice: again.length - new Set(again.map(({ seq }) => seq)).size,
  }
}
