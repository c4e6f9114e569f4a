import type { Failure } from "#contract/failures.ts"
import type { JobStep } from "#contract/jobs.ts"
import type { Outcome } from "#contract/worker.ts"
import type { Doors } from "../doors.ts"
import type { Opened } from "../facts.ts"
import type { Stop } from "../failure.ts"
import { cutDocument, fitResult } from "./result-size.ts"

/** How the steps before ended. */
export type Ending =
  | { kind: "done"; facts: Opened }
  | { kind: "failed"; failure: Failure }
  | { kind: "stopped"; stop: Exclude<Stop, { kind: "fenced" }> }

/** What is known of the attempt, however far it came. */
export type Known = Partial<Opened>

/** Step 9: artifacts, then the one final word. Answers the process's exit code. */
export async function report({
  ending,
  known,
  step,
  doors,
  grace,
}: {
  ending: Ending
  known: Known
  step: JobStep
  doors: Doors
  grace: AbortSignal
}): Promise<number> {
  const { line, teller, log } = doors
  teller.flush()
  teller.tell({ kind: "step", step: "report", state: "started" })
  await putArtifacts(known, doors, grace)
  const outcome = fitResult(outcomeOf({ ending, known, step, doors }))
  teller.tell({ kind: "step", step: "report", state: "finished" })
  log.info("outcome", { status: outcome.status, ...(outcome.status === "failed" ? { failure: outcome.failure.kind } : {}) })
  return line.finish(outcome, step, grace)
}

async function putArtifacts({ workspace, change }: Known, { line, log, redactor, transcript }: Doors, grace: AbortSignal): Promise<void> {
  if (workspace === undefined) return
  try {
    const printed = transcript.read()
    if (printed !== null) await line.putArtifact("transcript.ndjson", printed, grace)
    if (change?.kind === "pushed" && change.patch !== "")
      await line.putArtifact("change.patch", Buffer.from(redactor.clean(change.patch)).subarray(0, PATCH_BYTES), grace)
  } catch (error) {
    // The result matters more than what goes with it.
    log.error(error, "artifacts-lost")
  }
}
const PATCH_BYTES = 24 * 1024 * 1024

function outcomeOf({ ending, known, step, doors }: { ending: Ending; known: Known; step: JobStep; doors: Doors }): Outcome {
  const provenance = provenanceOf(known, doors)
  switch (ending.kind) {
    case "failed":
      return { status: "failed", failure: ending.failure, ...provenance }
    case "stopped":
      return ending.stop.kind === "deadline"
        ? { status: "failed", failure: timeout(ending.stop, step), ...provenance }
        : { status: "stopped", reason: doors.redactor.clean(ending.stop.reason).slice(0, 900), ...provenance }
    case "done": {
      const { document, change, lastMessage } = ending.facts
      const { clean } = doors.redactor
      return {
        status: "succeeded",
        ...(document === null ? {} : { document: cutDocument(clean(document)) }),
        ...(change.kind === "pushed" ? { changedFiles: change.files.map((path) => clean(path).slice(0, 900)) } : {}),
        ...(lastMessage === "" ? {} : { summary: clean(lastMessage).slice(0, 19_000) }),
        ...(change.kind === "nothing" ? { note: change.note } : {}),
        ...provenance,
      }
    }
  }
}

function timeout({ limitMs, detail }: { limitMs: number; detail?: string }, step: JobStep): Failure {
  return { kind: "agent-timeout", limitMs, step, ...(detail === undefined ? {} : { detail }) }
}

function provenanceOf({ change, baseCommit, pullRequest, usage, agentVersion, startedAt, beginning }: Known, { now }: Doors) {
  return {
    ...(change?.kind === "pushed" ? { branch: change.branch, commit: change.commit } : {}),
    ...(baseCommit === undefined ? {} : { baseCommit }),
    ...(pullRequest === undefined || pullRequest === null ? {} : { pullRequest }),
    ...(usage === undefined
      ? {}
      : { usage: { ...usage, computeMs: startedAt === undefined ? 0 : Math.max(0, Math.round(now() - startedAt)) } }),
    ...(agentVersion === undefined ? {} : { agentVersion }),
    resumed: beginning === undefined ? "none" : RESUMED[beginning.kind],
  }
}
const RESUMED = { fresh: "none", checkpoint: "checkpoint", session: "session", skip: "checkpoint" } as const
