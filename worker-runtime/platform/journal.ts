import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from "node:fs"
import type { EventBody } from "../line.ts"

/** Bytes of events that may wait for an acknowledgement. Beyond it the noisiest kinds are dropped, and a gap says so. */
const CAP_BYTES = 64 * 1024 * 1024
/** An acknowledged file beyond this is emptied, so that a long job does not fill the disk. */
const COMPACT_BYTES = 16 * 1024 * 1024
/** What the job's end depends on is kept even when the journal is full. */
const ALWAYS_KEPT: ReadonlySet<EventBody["kind"]> = new Set(["step", "pushed", "pull-request", "checkpoint", "notice"])

/** The worker's events on its own disk, written before they are sent. One journal per attempt; `seq` counts from 1. */
export interface Journal {
  /** Gives the event its number and writes it down. A full disk or journal drops it: the hole becomes a `gap`. */
  append(body: EventBody): number
  lastSeq(): number
  acked(): number
  /** The other side has everything up to here. */
  ack(seq: number): void
  /** The other side misses events from `expected` on. */
  rewind(expected: number): void
  /** Events from `acked + 1` on as JSON, at least one when there is one; `to` is the seq of the last. */
  batch(limits: { count: number; bytes: number }): { events: readonly string[]; to: number }
  /** The other side refuses this event for what it is: the body is sent under its number instead. */
  replace(seq: number, body: EventBody): void
  /** Bytes that wait. */
  waiting(): number
  close(): void
}

interface Entry {
  seq: number
  offset: number
  bytes: number
}
interface Hole {
  from: number
  to: number
  bytes: number
}

interface Pages {
  fd: number
  now: () => number
  capBytes: number
  entries: Entry[]
  holes: Hole[]
  /** What is sent under a number instead of what was written. */
  replaced: Map<number, string>
  last: number
  acked: number
  /** Where the file ends, and the bytes that wait for an acknowledgement. */
  end: number
  waiting: number
}

export interface JournalOptions {
  file: string
  now: () => number
  capBytes?: number
  /** The file keeps its name, for somebody who wants to look into it. */
  keep?: boolean
}

/**
 * Throws when the file cannot be made. It loses its name at once: the agent is the same user, and what it could open it
 * could forge.
 */
export function openJournal({ file, now, capBytes = CAP_BYTES, keep = false }: JournalOptions): Journal {
  const fd = openSync(file, "wx+", 0o600)
  if (!keep) unlinkSync(file)
  const pages: Pages = { fd, now, capBytes, entries: [], holes: [], replaced: new Map(), last: 0, acked: 0, end: 0, waiting: 0 }
  return {
    append: (body) => append(pages, body),
    lastSeq: () => pages.last,
    acked: () => pages.acked,
    ack: (seq) => ack(pages, seq),
    rewind: (expected) => setAcked(pages, Math.max(0, Math.min(expected - 1, pages.last))),
    batch: (limits) => batch(pages, limits),
    replace: (seq, body) => void pages.replaced.set(seq, JSON.stringify({ seq, at: timeOf(pages), ...body })),
    waiting: () => pages.waiting,
    close: () => closeSync(fd),
  }
}

const timeOf = ({ now }: Pages) => new Date(now()).toISOString()

function append(pages: Pages, body: EventBody): number {
  pages.last += 1
  const seq = pages.last
  const line = Buffer.from(JSON.stringify({ seq, at: timeOf(pages), ...body }))
  const fits = pages.waiting + line.length <= pages.capBytes || ALWAYS_KEPT.has(body.kind)
  if (fits && tryWrite(pages.fd, line, pages.end)) {
    pages.entries.push({ seq, offset: pages.end, bytes: line.length })
    pages.end += line.length
    pages.waiting += line.length
  } else drop(pages, line.length)
  return seq
}

function drop({ holes, last }: Pages, bytes: number): void {
  const hole = holes.at(-1)
  if (hole !== undefined && hole.to === last - 1) {
    hole.to = last
    hole.bytes += bytes
  } else holes.push({ from: last, to: last, bytes })
}

function ack(pages: Pages, seq: number): void {
  if (seq <= pages.acked) return
  setAcked(pages, Math.min(seq, pages.last))
  if (pages.acked < pages.last || pages.end <= COMPACT_BYTES) return
  ftruncateSync(pages.fd, 0)
  pages.entries = []
  pages.replaced.clear()
  pages.end = 0
}

function setAcked(pages: Pages, seq: number): void {
  pages.acked = seq
  pages.waiting = pages.entries.reduce((sum, entry) => sum + (entry.seq > seq ? entry.bytes : 0), 0)
}

function batch(pages: Pages, { count, bytes }: { count: number; bytes: number }): { events: readonly string[]; to: number } {
  const { entries, acked, last } = pages
  const events: string[] = []
  let to = acked
  let size = 0
  for (let index = firstAfter(entries, acked); events.length < count; index++) {
    const entry = entries[index]
    // A number without an entry was dropped; the gap takes its place in the order.
    const gapTo = (entry?.seq ?? last + 1) - 1
    if (gapTo > to) {
      events.push(gap(pages, to + 1, gapTo))
      to = gapTo
    }
    if (entry === undefined || events.length >= count || (events.length > 0 && size + entry.bytes > bytes)) break
    events.push(read(pages, entry))
    size += entry.bytes
    to = entry.seq
  }
  return { events, to }
}

function gap(pages: Pages, from: number, to: number): string {
  const bytes = pages.holes.filter((hole) => hole.from <= to && hole.to >= from).reduce((sum, hole) => sum + hole.bytes, 0)
  return JSON.stringify({ seq: to, at: timeOf(pages), kind: "gap", from, to, bytes })
}

function read({ fd, replaced }: Pages, { seq, offset, bytes }: Entry): string {
  const instead = replaced.get(seq)
  if (instead !== undefined) return instead
  const buffer = Buffer.alloc(bytes)
  readSync(fd, buffer, 0, bytes, offset)
  return buffer.toString()
}

function tryWrite(fd: number, line: Buffer, position: number): boolean {
  try {
    return writeSync(fd, line, 0, line.length, position) === line.length
  } catch (error) {
    // A full disk must not end the job; the hole is told as a gap.
    if (error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT", "EIO"].includes(String(error.code))) return false
    throw error
  }
}

function firstAfter(entries: readonly Entry[], acked: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.seq ?? Infinity) > acked) high = middle
    else low = middle + 1
  }
  return low
}
