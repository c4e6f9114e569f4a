// The line of a worker without a control plane: the payload is a file, events are NDJSON on stdout.
import { readFile } from "node:fs/promises"
import { payloadSchema } from "#contract/worker.schema.ts"
import { EXIT } from "#contract/worker.ts"
import { StepFailure } from "../failure.ts"
import type { Line } from "../line.ts"

/** `payload` is a path, or the JSON itself. `write` gets one line of JSON at a time; the last one has kind `result`. */
export function offlineLine({ payload, write, now }: { payload: string; write: (line: string) => void; now: () => number }): Line {
  let seq = 0
  let attempt = 1
  return {
    onStop: () => {},
    async take(makeRoom) {
      const parsed = payloadSchema.safeParse(parseJson(payload.trimStart().startsWith("{") ? payload : await readPayload(payload)))
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

async function readPayload(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    throw new StepFailure({ kind: "invalid-payload", field: "(file)", detail: `The payload file could not be read: ${String(error)}` })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new StepFailure({ kind: "invalid-payload", field: "(whole)", detail: `The payload is not JSON: ${String(error)}` })
  }
}

function firstField({ issues: [first] }: { issues: readonly { path: readonly PropertyKey[] }[] }): string {
  return first === undefined ? "(whole)" : first.path.map(String).join(".") || "(whole)"
}
