// PURE: what a job's events say, folded into the blocks that people read.
import type { StoredEvent } from "#contract/live.ts"
import type { WorkerEvent } from "#contract/worker.ts"
import { STEP_WORDS } from "./words.ts"

export type Block =
  | { kind: "prose"; text: string }
  | { kind: "reasoning"; text: string }
  | {
      kind: "tool"
      id: string
      name: string
      state: "started" | "finished" | "failed"
      input: unknown
      output: string | null
      exitCode: number | null
      startedAt: string
      endedAt: string | null
    }
  | { kind: "plan"; items: readonly { text: string; state: "pending" | "active" | "done" }[] }
  | { kind: "notice"; code: string; text: string }
  | { kind: "mark"; tone: "quiet" | "good" | "bad"; text: string; href?: string }

export interface Folded {
  blocks: Block[]
  /** Where each tool call and each attempt's plan stand, to change them in place. */
  places: Map<string, number>
  attempt: number
}

export const emptyFold = (): Folded => ({ blocks: [], places: new Map(), attempt: 1 })

/** Adds one event; answers the index of the block that is new or changed, or null when the event shows nothing. */
export function fold(into: Folded, event: StoredEvent): number | null {
  if (event.attempt !== into.attempt) {
    into.attempt = event.attempt
    into.blocks.push({ kind: "mark", tone: "quiet", text: `Attempt ${event.attempt} begins` })
  }
  return isKnown(event) ? foldKnown(into, event) : null
}

function foldKnown(into: Folded, event: StoredEvent & WorkerEvent): number | null {
  switch (event.kind) {
    case "text":
      return addText(into, "prose", event.delta)
    case "reasoning":
      return addText(into, "reasoning", event.delta)
    case "tool":
      return addTool(into, event)
    case "plan":
      return put(into, `plan ${event.attempt}`, { kind: "plan", items: event.items })
    case "notice":
      return add(into, { kind: "notice", code: event.code, text: event.text })
    case "pushed":
      return add(into, { kind: "mark", tone: "good", text: `Pushed ${event.commit.slice(0, 10)} to ${event.branch}` })
    case "pull-request":
      return add(into, { kind: "mark", tone: "good", text: `Pull request #${event.number} ${event.action}`, href: event.url })
    case "checkpoint":
      return add(into, { kind: "mark", tone: "quiet", text: `Checkpoint ${event.commit.slice(0, 10)} saved` })
    case "gap":
      return add(into, {
        kind: "mark",
        tone: "bad",
        text: `${event.to - event.from + 1} events were dropped by the worker, because its journal was full`,
      })
    case "step":
      return event.state === "failed"
        ? add(into, { kind: "mark", tone: "bad", text: `“${STEP_WORDS[event.step]}” failed${event.detail ? `: ${event.detail}` : ""}` })
        : null
    case "log":
    case "usage":
      return null
  }
}

function addText(into: Folded, kind: "prose" | "reasoning", delta: string): number {
  const last = into.blocks.length - 1
  const block = into.blocks[last]
  if (block?.kind !== kind) return add(into, { kind, text: delta })
  into.blocks[last] = { kind, text: block.text + delta }
  return last
}

function addTool(into: Folded, event: Extract<WorkerEvent, { kind: "tool" }> & StoredEvent): number {
  const key = `tool ${event.attempt} ${event.id}`
  const former = into.blocks[into.places.get(key) ?? -1]
  const before = former?.kind === "tool" ? former : null
  return put(into, key, {
    kind: "tool",
    id: event.id,
    name: event.name,
    state: event.state,
    input: event.input ?? before?.input ?? null,
    output: event.output ?? before?.output ?? null,
    exitCode: event.exitCode ?? before?.exitCode ?? null,
    startedAt: before?.startedAt ?? event.at,
    endedAt: event.state === "started" ? null : event.at,
  })
}

function add(into: Folded, block: Block): number {
  return into.blocks.push(block) - 1
}

function put(into: Folded, key: string, block: Block): number {
  const place = into.places.get(key)
  if (place === undefined) {
    into.places.set(key, into.blocks.length)
    return add(into, block)
  }
  into.blocks[place] = block
  return place
}

const KINDS = {
  step: true,
  log: true,
  text: true,
  reasoning: true,
  tool: true,
  usage: true,
  plan: true,
  checkpoint: true,
  pushed: true,
  "pull-request": true,
  notice: true,
  gap: true,
} as const satisfies Record<WorkerEvent["kind"], true>

/** The control plane checked each event when it stored it; only a newer release's kinds can be unknown here. */
export const isKnown = (event: StoredEvent): event is StoredEvent & WorkerEvent => event.kind in KINDS
