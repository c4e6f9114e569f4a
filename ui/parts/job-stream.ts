import { type Accessor, createEffect, createSignal, on, onCleanup, type Setter } from "solid-js"
import type { Job } from "#contract/jobs.ts"
import type { StoredEvent } from "#contract/live.ts"
import { followJob, type LiveState } from "../api/live.ts"
import { jobQuery } from "../api/queries.ts"
import { queryClient } from "../api/query-client.ts"
import { type Block, emptyFold, fold } from "./job-blocks.ts"
import { addToLog, emptyLog, type LogLine } from "./log-lines.ts"

/** A block with a signal of its own: what one tool call says redraws that call and nothing else. */
export interface LiveBlock {
  read: Accessor<Block>
  write: Setter<Block>
}
export interface JobStream {
  blocks: Accessor<readonly LiveBlock[]>
  /** The lines so far; the same array grows, `lineCount` says when. */
  lines: Accessor<readonly LogLine[]>
  lineCount: Accessor<number>
  state: Accessor<LiveState>
}

/** Follows a job while the component lives; what arrives within one frame is drawn once. */
export function useJobStream(jobId: Accessor<string>): JobStream {
  const [blocks, setBlocks] = createSignal<readonly LiveBlock[]>([])
  const [lines, setLines] = createSignal<readonly LogLine[]>([])
  const [lineCount, setLineCount] = createSignal(0)
  const [state, setState] = createSignal<LiveState>("connecting")

  createEffect(
    on(jobId, (id) => {
      let folded = emptyFold()
      let log = emptyLog()
      let live: LiveBlock[] = []
      let waiting: StoredEvent[] = []
      let frame = 0
      setBlocks([])
      setLines(log.lines)
      setLineCount(0)

      const draw = () => {
        frame = 0
        const events = waiting
        waiting = []
        const changed = new Set<number>()
        for (const event of events) {
          const from = folded.blocks.length
          const index = fold(folded, event)
          for (let added = from; added < folded.blocks.length; added += 1) changed.add(added)
          if (index !== null) changed.add(index)
          addToLog(log, event)
        }
        setBlocks((live = withChanges(live, folded.blocks, changed)))
        setLineCount(log.lines.length)
      }
      const stop = followJob({
        jobId: id,
        onEvents: (events) => {
          waiting.push(...events)
          // A tab in the background gets no frames; it catches up when it is looked at.
          frame ||= requestAnimationFrame(draw)
        },
        onJob: (job: Job) => queryClient.setQueryData(jobQuery(job.id).queryKey, job),
        onState: setState,
      })
      onCleanup(() => {
        stop()
        cancelAnimationFrame(frame)
      })
    }),
  )
  return { blocks, lines, lineCount, state }
}

function withChanges(live: readonly LiveBlock[], blocks: readonly Block[], changed: ReadonlySet<number>): LiveBlock[] {
  const next = [...live]
  for (const index of [...changed].sort((a, b) => a - b)) {
    const block = blocks[index]
    if (!block) continue
    const known = next[index]
    if (known) known.write(block)
    else {
      const [read, write] = createSignal<Block>(block)
      next[index] = { read, write }
    }
  }
  return next
}
