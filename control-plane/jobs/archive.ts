import type { Stored } from "./event-log.ts"
import type { Ledger } from "./ledger.ts"

/** Events of one stored part: some MiB of NDJSON at most, read whole when somebody pages through an old log. */
const PART_EVENTS = 2000

/**
 * Moves a log that is past its retention to object storage, part by part; each part is dropped here only after it lies
 * there. Runs again from where it stopped.
 */
export async function archiveLog({
  bucket,
  jobId,
  ledger,
  write,
}: {
  bucket: R2Bucket
  jobId: string
  ledger: Ledger
  write: (work: () => void) => void
}): Promise<void> {
  for (;;) {
    const events = ledger.page(0, PART_EVENTS)
    const [first, last] = [events[0], events.at(-1)]
    if (!first || !last) return
    const part = { first: first.seq, last: last.seq, key: `logs/${jobId}/${String(first.seq).padStart(10, "0")}.ndjson` }
    await bucket.put(part.key, events.map(({ json }) => json).join("\n"))
    write(() => ledger.moved(part))
  }
}

/** Events after `after`, oldest first, wherever they lie. */
export async function readLog({ bucket, ledger }: { bucket: R2Bucket; ledger: Ledger }, after: number, limit: number): Promise<Stored[]> {
  const found: Stored[] = []
  let cursor = after
  for (let part = ledger.archivedAfter(cursor); part && found.length < limit; part = ledger.archivedAfter(cursor)) {
    const object = await bucket.get(part.key)
    if (!object) throw new Error(`${part.key} is not in the bucket`)
    for (const json of (await object.text()).split("\n")) {
      const { seq }: { seq: number } = JSON.parse(json)
      if (seq > cursor && found.length < limit) found.push({ seq, json })
    }
    cursor = found.at(-1)?.seq ?? part.last
  }
  return found.length < limit ? [...found, ...ledger.page(cursor, limit - found.length)] : found
}
