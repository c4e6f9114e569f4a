import type { Stored } from "./event-log.ts"
import type { Ledger } from "./ledger.ts"

/** Events of one stored part: some MiB of NDJSON at most, read whole when somebody pages through an old log. */
const PART_EVENTS = 2000

/**
 * Moves a log that is past its retention to object storage, part by part, and empties it here when all of them lie there.
 * Runs again from where it stopped.
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
    const events = ledger.page(ledger.archivedTo(), PART_EVENTS)
    const [first, last] = [events[0], events.at(-1)]
    if (!first || !last) return write(() => ledger.clear())
    const part = { first: first.seq, last: last.seq, key: `logs/${jobId}/${String(first.seq).padStart(10, "0")}.ndjson` }
    await bucket.put(part.key, events.map(({ json }) => json).join("\n"))
    write(() => ledger.moved(part))
  }
}

/** Events after `after`, oldest first, wherever they lie. */
export async function readLog({ bucket, ledger }: { bucket: R2Bucket; ledger: Ledger }, after: number, limit: number): Promise<Stored[]> {
  const part = ledger.archivedAfter(after)
  if (!part) return ledger.page(after, limit)
  const object = await bucket.get(part.key)
  if (!object) throw new Error(`${part.key} is not in the bucket`)
  // One part at a time: the reader comes again for what follows it.
  return (await object.text())
    .split("\n")
    .map((json): Stored => ({ seq: Number(JSON.parse(json).seq), json }))
    .filter(({ seq }) => seq > after)
    .slice(0, limit)
}
