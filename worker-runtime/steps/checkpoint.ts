import { CLOCKS } from "#contract/jobs.ts"
import { ARTIFACT_LIMITS } from "#contract/worker.ts"
import type { Doors } from "../doors.ts"
import type { Cloned } from "../facts.ts"
import { stopOf } from "../failure.ts"
import { packSession, sealSession } from "../platform/session-archive.ts"
import { type Snapshot, takeSnapshot } from "../platform/snapshot.ts"
import { secretInPatch } from "./diff-check.ts"

export interface Checkpoints {
  /** No more of them after this one: the last, which everything of the agent's has ended before; or none. */
  end(last: { finished: boolean } | null): Promise<void>
}

/** What is known of the agent at this moment. */
export interface Progress {
  sessionId: string | null
  lastMessage: string
}

interface Keeping {
  facts: Cloned
  doors: Doors
  /** The attempt's. */
  signal: AbortSignal
  look: () => Progress
}

/**
 * Keeps the agent's work outside while it goes on: the tree every few minutes and at the end, with the session of its CLI.
 * Whatever goes wrong with it is told and disturbs nothing else.
 */
export function startCheckpoints(keeping: Keeping): Checkpoints {
  const { doors, signal } = keeping
  const { checkpointMs, checkpointStopMs } = doors.clocks
  if (!doors.line.keepsArtifacts) return { end: async () => {} }
  const series = new AbortController()
  const keep = keeper(keeping)
  let making = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const schedule = () => {
    if (series.signal.aborted) return
    timer = setTimeout(() => {
      making = keep(false, AbortSignal.any([series.signal, signal, AbortSignal.timeout(CLOCKS.checkpointMs.ms)])).then(schedule)
    }, checkpointMs)
  }
  schedule()
  return {
    async end(last) {
      clearTimeout(timer)
      series.abort(new Error("the agent has ended"))
      await making
      if (last === null || stopOf(signal)?.kind === "fenced") return
      await keep(last.finished, AbortSignal.any([graceAfter(signal, checkpointStopMs), AbortSignal.timeout(CLOCKS.checkpointMs.ms)]))
    },
  }
}

/** Aborted so long after the attempt's own signal; at once when nothing outside may be touched any more. */
function graceAfter(signal: AbortSignal, graceMs: number): AbortSignal {
  const over = new AbortController()
  const arm = () => {
    const fenced = stopOf(signal)?.kind === "fenced"
    setTimeout(() => over.abort(new Error("no time is left")), fenced ? 0 : graceMs).unref()
  }
  if (signal.aborted) arm()
  else signal.addEventListener("abort", arm, { once: true })
  return over.signal
}

/** Makes one checkpoint and tells of it. Never rejects. */
function keeper(keeping: Keeping): (finished: boolean, signal: AbortSignal) => Promise<void> {
  const { facts, doors } = keeping
  const bundles = slots("checkpoint", ".bundle")
  const states = slots("agent-state", "")
  const complain = complainer(doors)
  const keepState = async (signal: AbortSignal): Promise<void> => {
    const state = await stateOf(keeping, complain, signal)
    if (state !== null && (await doors.line.putArtifact(states.next(), state, signal))) states.taken()
  }
  return async (finished, signal) => {
    try {
      const snapshot = await takeSnapshot(snapshotOf(keeping, signal))
      if (snapshot.kind !== "made") return complain(...complaintOf(snapshot))
      await keepState(signal)
      const artifact = bundles.next()
      if (!(await doors.line.putArtifact(artifact, snapshot.bundle, signal))) return
      bundles.taken()
      const state = states.current()
      const session = state === null ? {} : { agentState: state, agentVersion: facts.agentVersion }
      doors.teller.tell({ kind: "checkpoint", artifact, commit: snapshot.commit, ...session, ...(finished ? { finished } : {}) })
    } catch (error) {
      if (signal.aborted) return doors.log.warn("checkpoint-given-up", { why: String(signal.reason) })
      doors.log.error(error, "checkpoint-failed")
      complain("checkpoint-failed", `The work could not be kept: ${doors.redactor.clean(String(error)).slice(0, 500)}`)
    }
  }
}

function snapshotOf({ facts, doors, look }: Keeping, signal: AbortSignal): Parameters<typeof takeSnapshot>[0] {
  const { workspace, startCommit } = facts
  return {
    folder: workspace.root,
    path: doors.env.toolPath,
    signal,
    baseObjects: workspace.baseObjects,
    startCommit,
    workTree: workspace.repo,
    output: workspace.output,
    message: doors.redactor.clean(look().lastMessage).slice(0, MESSAGE_LENGTH),
    // Only what is known to be a secret: it stays within the installation, and the push has the sharper look.
    secretIn: (patch) => (doors.redactor.findKnown(patch).length === 0 ? null : secretInPatch(patch, doors.redactor.findKnown)),
    limitBytes: ARTIFACT_LIMITS.checkpointBytes,
    lfs: facts.payload.project.settings.lfs ?? false,
  }
}
const MESSAGE_LENGTH = 20_000

function complaintOf(snapshot: Exclude<Snapshot, { kind: "made" }>): [code: string, text: string] {
  if (snapshot.kind === "secret")
    return [
      "checkpoint-refused",
      `The work is not kept while it holds a secret (${snapshot.where}): another attempt would begin without it.`,
    ]
  const limit = ARTIFACT_LIMITS.checkpointBytes / 1024 / 1024
  return ["checkpoint-too-large", `The work is not kept: it is larger than ${limit} MiB. Another attempt would begin without it.`]
}

/** The session of the agent's CLI, sealed; null when there is none, or none that could be had. */
async function stateOf({ facts, doors, look }: Keeping, complain: Complain, signal: AbortSignal): Promise<Buffer | null> {
  const { agent, agentVersion, workspace, stateKeys } = facts
  const { sessionId } = look()
  if (stateKeys === null || agent.sessionFolders === null || sessionId === null) return null
  const limitBytes = ARTIFACT_LIMITS.bytes - HEADER_BYTES
  const packed = await packSession({ home: workspace.home, folders: agent.sessionFolders, path: doors.env.toolPath, limitBytes, signal })
  if (packed.kind === "too-large")
    complain("session-too-large", `The agent's session is not kept: it is larger than ${ARTIFACT_LIMITS.bytes / 1024 / 1024} MiB.`)
  if (packed.kind !== "packed") return null
  return sealSession(stateKeys.seal, { agent: agent.slug, agentVersion, sessionId, repository: workspace.repo }, packed.archive)
}
const HEADER_BYTES = 65_536

/** Two names in turn: the one that was told last is not written over. */
function slots(name: string, end: string): { next: () => string; taken: () => void; current: () => string | null } {
  let count = 0
  const at = (turn: number) => `${name}-${turn % 2 === 0 ? "a" : "b"}${end}`
  return { next: () => at(count), taken: () => void count++, current: () => (count === 0 ? null : at(count - 1)) }
}

type Complain = (code: string, text: string) => void

/** Each complaint once. */
function complainer({ teller }: Doors): Complain {
  const said = new Set<string>()
  return (code, text) => {
    if (said.has(code)) return
    said.add(code)
    teller.tell({ kind: "notice", code, text })
  }
}
