import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs"
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

/** Throws when the file cannot be made. */
export function openJournal({ file, now, capBytes = CAP_BYTES }: { file: string; now: () => number; capBytes?: number }): Journal {
  const fd = openSync(file, "w+", 0o600)
  let entries: Entry[] = []
  const holes: Hole[] = []
  const replaced = new Map<number, string>()
  let last = 0
  let acked = 0
  let end = 0
  let waiting = 0
  const at = () => new Date(now()).toISOString()

  const drop = (seq: number, bytes: number) => {
    const hole = holes.at(-1)
    if (hole !== undefined && hole.to === seq - 1) {
      hole.to = seq
      hole.bytes += bytes
    } else holes.push({ from: seq, to: seq, bytes })
  }
  const gap = (from: number, to: number) => {
    const bytes = holes.filter((hole) => hole.from <= to && hole.to >= from).reduce((sum, hole) => sum + hole.bytes, 0)
    return JSON.stringify({ seq: to, at: at(), kind: "gap", from, to, bytes })
  }
  const read = ({ seq, offset, bytes }: Entry) => {
    const instead = replaced.get(seq)
    if (instead !== undefined) return instead
    const buffer = Buffer.alloc(bytes)
    readSync(fd, buffer, 0, bytes, offset)
    return buffer.toString()
  }

  return {
    append(body) {
      last += 1
      const line = Buffer.from(JSON.stringify({ seq: last, at: at(), ...body }))
      if (waiting + line.length > capBytes && !ALWAYS_KEPT.has(body.kind)) drop(last, line.length)
      else if (!tryWrite(fd, line, end)) drop(last, line.length)
      else {
        entries.push({ seq: last, offset: end, bytes: line.length })
        end += line.length
        waiting += line.length
      }
      return last
    },
    lastSeq: () => last,
    acked: () => acked,
    ack(seq) {
      if (seq <= acked) return
      acked = Math.min(seq, last)
      waiting = entries.reduce((sum, entry) => sum + (entry.seq > acked ? entry.bytes : 0), 0)
      if (acked === last && end > COMPACT_BYTES) {
        ftruncateSync(fd, 0)
        entries = []
        replaced.clear()
        end = 0
      }
    },
    rewind(expected) {
      acked = Math.max(0, Math.min(expected - 1, last))
      waiting = entries.reduce((sum, entry) => sum + (entry.seq > acked ? entry.bytes : 0), 0)
    },
    batch({ count, bytes }) {
      const events: string[] = []
      let to = acked
      let size = 0
      for (const entry of entries.slice(firstAfter(entries, acked))) {
        if (events.length >= count || (events.length > 0 && size + entry.bytes > bytes)) return { events, to }
        if (entry.seq > to + 1) {
          events.push(gap(to + 1, entry.seq - 1))
          to = entry.seq - 1
          if (events.length >= count) return { events, to }
        }
        events.push(read(entry))
        size += entry.bytes
        to = entry.seq
      }
      if (to < last && events.length < count) {
        events.push(gap(to + 1, last))
        to = last
      }
      return { events, to }
    },
    replace(seq, body) {
      replaced.set(seq, JSON.stringify({ seq, at: at(), ...body }))
    },
    waiting: () => waiting,
    close: () => closeSync(fd),
  }
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
