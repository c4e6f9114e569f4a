// The line of a worker without a control plane: events are NDJSON on stdout.
import { payloadSchema } from "#contract/worker.schema.ts"
import { EXIT } from "#contract/worker.ts"
import { StepFailure } from "../failure.ts"
import type { Line } from "../line.ts"

/** `payload` is parsed JSON. `write` gets one line of JSON at a time; the last one has kind `result`. */
export function offlineLine({ payload, write, now }: { payload: unknown; write: (line: string) => void; now: () => number }): Line {
  let seq = 0
  let attempt = 1
  return {
    onStop: () => {},
    async take(makeRoom) {
      const parsed = payloadSchema.safeParse(payload)
      if (!parsed.success) throw new StepFailure({ kind: "invalid-payload", field: firstField(parsed.error), detail: parsed.error.message })
      const { job, secrets = [], limits } = parsed.data
      attempt = job.attempt
      return {
        payload: parsed.data,
        secrets,
        stateKeys: null,
        workspace: await makeRoom(job.folder ?? job.id),
        limitMs: limits.maxExecutionMs,
      }
    },
    append(body) {
      seq += 1
      write(JSON.stringify({ seq, at: new Date(now()).toISOString(), ...body }))
      return seq
    },
    async outside({ intent, act, signal }) {
      signal.throwIfAborted()
      intent()
      return act(signal)
    },
    credentials: async () => null,
    attachment: async () => null,
    keepsArtifacts: false,
    putArtifact: async () => false,
    resumeFile: async () => null,
    async finish(outcome) {
      write(JSON.stringify({ kind: "result", attempt, lastSeq: seq, outcome }))
      return EXIT.accepted
    },
    abandon: () => {},
    watch: () => {},
  }
}

function firstField({ issues: [first] }: { issues: readonly { path: readonly PropertyKey[] }[] }): string {
  return first === undefined ? "(whole)" : first.path.map(String).join(".") || "(whole)"
}
