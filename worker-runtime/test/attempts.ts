// Attempts of jobs one after the other, each at a control plane of its own that hands on what the one before it left.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Outcome, Payload, WorkerEvent } from "#contract/worker.ts"
import type { Stop } from "../failure.ts"
import { Interrupted } from "../failure.ts"
import { createLog } from "../log.ts"
import { onlineLine } from "../platform/online.ts"
import { createRedactor } from "../redact.ts"
import { run } from "../run.ts"
import { AGENT_CLOCKS } from "../steps/run-agent.ts"
import { type FakeControlPlane, startFakeControlPlane } from "./fake-control-plane.ts"
import type { Rig } from "./rig.ts"

export const STATE_KEY = "5e".repeat(32)
/** A CLI whose session is a file, and which says on its standard output what it was told. */
export const SESSION_ID = "11111111-2222-4333-8444-555555555555"

export interface Attempt {
  exitCode: number
  payload: Payload
  events: readonly WorkerEvent[]
  outcome: Outcome | null
  files: ReadonlyMap<string, Buffer>
  notices: readonly string[]
  /** The newest checkpoint as it was told. */
  kept: Extract<WorkerEvent, { kind: "checkpoint" }> | undefined
}

export interface Wanted {
  payload: Payload
  /** Goes on from what this one left; `resume` changes what is told of it. */
  from?: Attempt | undefined
  resume?: Payload["resume"]
  openKey?: string
  /** Changes what can be fetched. */
  lose?: ("checkpoint" | "agent-state")[]
  checkpointMs?: number
  /** Called with every stored event; may order the stop. */
  on?: (event: WorkerEvent, act: { machine: (stop: Stop) => void; plane: FakeControlPlane }) => void
  clocks?: Partial<typeof AGENT_CLOCKS>
}

export async function attempt(rig: Rig, wanted: Wanted): Promise<Attempt> {
  const { from, lose = [], checkpointMs = 600_000, on, clocks = {} } = wanted
  const kept = from?.kept
  const told = kept === undefined ? {} : { checkpoint: kept.artifact, ...sessionOf(kept) }
  const resume = from === undefined ? wanted.resume : { ...told, ...wanted.resume }
  const { secrets = [], ...payload } = { ...wanted.payload, ...(resume === undefined ? {} : { resume }) }
  const plane = await startFakeControlPlane({
    payload,
    secrets,
    stateKeys: { seal: STATE_KEY, open: wanted.openKey ?? STATE_KEY },
    heartbeatMs: 100,
  })
  for (const part of ["checkpoint", "agent-state"] as const) {
    const name = part === "checkpoint" ? kept?.artifact : kept?.agentState
    const file = name === undefined ? undefined : from?.files.get(name)
    if (file !== undefined && !lose.includes(part)) plane.resume.set(part, file)
  }
  const machine = new AbortController()
  let seen = 0
  plane.intercept = () => {
    for (const event of plane.events.slice(seen)) on?.(event, { machine: (stop) => machine.abort(new Interrupted(stop)), plane })
    seen = plane.events.length
    return null
  }
  const redactor = createRedactor()
  const log = createLog({ redactor, fields: {} })
  const launch = { jobId: payload.job.id, attempt: payload.job.attempt, controlPlaneUrl: plane.url, launchToken: "vl_test_1_nonce_mac" }
  const line = onlineLine({ launch, compute: { kind: "process", id: "1" }, redactor, log, now: Date.now, random: () => 0 })
  const all = { ...AGENT_CLOCKS, firstEventMs: 20_000, stopGraceMs: 300, checkpointMs, ...clocks }
  const exitCode = await run({ line, env: rig.env(), redactor, log, now: Date.now, machine: machine.signal, clocks: all })
  await plane.close()
  return {
    exitCode,
    payload: wanted.payload,
    events: plane.events,
    outcome: plane.results[0]?.outcome ?? null,
    files: plane.files,
    notices: plane.events.flatMap((event) => (event.kind === "notice" ? [`${event.code}: ${event.text}`] : [])),
    kept: plane.events.findLast((event) => event.kind === "checkpoint"),
  }
}

function sessionOf({ agentState, agentVersion }: NonNullable<Attempt["kept"]>): Payload["resume"] {
  return { ...(agentState === undefined ? {} : { agentState }), ...(agentVersion === undefined ? {} : { agentVersion }) }
}

/** The next attempt of the same job. */
export const again = ({ payload }: Attempt): Payload => ({ ...payload, job: { ...payload.job, attempt: payload.job.attempt + 1 } })

/** The CLI of claude: its session is a file in HOME, and it answers with the prompt. Then the script runs. */
export function sessionCli(rig: Rig, script: string, { version = "2.1.328", binary = "claude" } = {}): void {
  writeFileSync(
    join(rig.folder, "bin", binary),
    `#!/bin/sh
if [ "$1" = --version ]; then echo "${version} (fake)"; exit 0; fi
prompt=$(cat)
folder="$HOME/.${binary}/projects/of-the-test"
resumed=$(echo "$*" | sed -n 's/.*--resume \\([^ ]*\\).*/\\1/p')
say() { node -e 'console.log(JSON.stringify(JSON.parse(process.argv[1], (k, v) => v === "TEXT" ? process.argv[2] : v)))' "$1" "$2"; }
mkdir -p "$folder"
say '{"type":"system","subtype":"init","model":"m","session_id":"${SESSION_ID}"}' ""
say '{"type":"assistant","message":{"content":[{"type":"text","text":"TEXT"}]}}' "resumed=$resumed memory=$(cat "$folder/${SESSION_ID}.jsonl" 2>/dev/null | tr '\\n' ' ') prompt=$prompt"
echo "I was here" >> "$folder/${SESSION_ID}.jsonl"
${script}
`,
    { mode: 0o755 },
  )
}

/** Everything that the agent said. */
export const said = ({ events }: Attempt): string => events.flatMap((event) => (event.kind === "text" ? [event.delta] : [])).join("")
