// A forge with one repository, a payload for it, and an agent CLI that is a shell script.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { payloadSchema } from "#contract/worker.schema.ts"
import type { Outcome, Payload } from "#contract/worker.ts"
import { startForge } from "../../testbed/forge.ts"
import type { Forge } from "../../testbed/forge.ts"
import type { WorkerEnv } from "../env.ts"
import type { EventBody, Line } from "../line.ts"
import { createLog } from "../log.ts"
import { offlineLine } from "../platform/offline.ts"
import { toolPathOf } from "../platform/tools.ts"
import { createRedactor } from "../redact.ts"
import { run } from "../run.ts"
import { AGENT_CLOCKS } from "../steps/run-agent.ts"

export const TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123"
const READER = "ghp_readeronlyreaderonlyreaderonly"
const MODEL_KEY = "model-key-123456"

export interface Rig {
  folder: string
  forge: Forge
  /** Path of the folder that stands first on the PATH; `agent` writes the script `claude` into it. */
  agent(script: string): void
  /** A payload for the demo repository; deep fields are replaced by the caller. */
  payload(change?: Partial<Payload>): Payload
  env(): WorkerEnv
  run(
    payload: Payload,
    options?: { line?: Line; machine?: AbortSignal; stopGraceMs?: number; firstEventMs?: number; env?: Partial<WorkerEnv> },
  ): Promise<Ran>
  close(): Promise<void>
}

export interface Ran {
  exitCode: number
  events: readonly EventBody[]
  outcome: Outcome | null
  /** Everything that left the worker, as text. */
  printed: string
}

let jobs = 0

export async function startRig(
  files: Readonly<Record<string, string>> = { "README.md": "# demo\n", "src/a.txt": "one\n" },
  owners: readonly string[] = ["acme"],
): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), "viberator-test-"))
  const bin = join(folder, "bin")
  mkdirSync(bin)
  const users = [
    { login: "bot", token: TOKEN, access: "write" },
    { login: "reader", token: READER, access: "read" },
  ] as const
  const forge = await startForge({ folder: join(folder, "forge"), users, owners })
  await forge.createRepository({ name: "acme/demo", files })
  const path = `${bin}:${process.env["PATH"] ?? "/usr/bin:/bin"}`
  const env = (): WorkerEnv => ({
    launch: {},
    workDirectory: join(folder, "work"),
    keepWork: false,
    alone: false,
    compute: { kind: "process", id: "1" },
    aws: {},
    isRoot: process.getuid?.() === 0,
    path,
    toolPath: toolPathOf(path),
    locale: { LANG: "C.UTF-8" },
    secret: () => undefined,
  })
  return {
    folder,
    forge,
    agent: (script) =>
      writeFileSync(
        join(bin, "claude"),
        `#!/bin/sh\nif [ "$1" = --version ]; then echo "2.1.328 (fake)"; exit 0; fi\ncat > /dev/null\n${script}\n`,
        { mode: 0o755 },
      ),
    payload: (change = {}) => ({ ...basePayload(forge), ...change }),
    env,
    async run(
      payload,
      { line: given, machine = new AbortController().signal, stopGraceMs = 300, firstEventMs = 20_000, env: changed = {} } = {},
    ) {
      const printed: string[] = []
      const redactor = createRedactor()
      const now = () => Date.now()
      const offline = offlineLine({ payload, now, write: (line) => void printed.push(line) })
      const line = given ?? offline
      const exitCode = await run({
        line,
        env: { ...env(), ...changed },
        redactor,
        log: createLog({ redactor, fields: {} }),
        now,
        machine,
        clocks: { ...AGENT_CLOCKS, firstEventMs, stopGraceMs },
      })
      return { exitCode, ...readPrinted(printed), printed: printed.join("\n") }
    },
    async close() {
      await forge.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function readPrinted(printed: readonly string[]): Pick<Ran, "events" | "outcome"> {
  const lines: { kind: string; outcome?: Outcome }[] = printed.map((line) => JSON.parse(line))
  const events: EventBody[] = printed.slice(0, -1).map((line) => JSON.parse(line))
  return { events, outcome: lines.at(-1)?.outcome ?? null }
}

/** Ids with the process in them: a worker ends whatever carries the mark of its job, also what another test file has started. */
function basePayload(forge: Forge): Payload {
  const url = forge.cloneUrl("acme/demo")
  jobs += 1
  return payloadSchema.parse({
    protocol: 1,
    job: {
      id: `job_test${process.pid}x${String(jobs).padStart(4, "0")}`,
      kind: "execution",
      attempt: 1,
      deadlineAt: "2030-01-01T00:00:00Z",
    },
    project: { name: "Demo", slug: "demo", settings: {} },
    task: { ticketKey: "WEB-1", title: "Fix the thing" },
    prompt: "Phase: execution\nWrite $VIBERATOR_OUTPUT/pull-request.md",
    clanker: { name: "Clank", slug: "clank" },
    repository: { url, baseBranch: "main", branch: `viberator/WEB-${jobs}`, pullRequest: { repository: url, baseBranch: "main" } },
    agent: { slug: "claude-code" },
    limits: { maxExecutionMs: 60_000 },
    scm: { provider: "github", apiUrl: forge.apiUrl, secretName: "GITHUB_TOKEN" },
    secrets: [
      { name: "GITHUB_TOKEN", use: "scm", from: "value", value: TOKEN },
      { name: "ANTHROPIC_API_KEY", use: "agent", from: "value", value: MODEL_KEY },
    ],
  })
}

/** The same for another repository of the forge, pull request and all. */
export function inRepository(payload: Payload, url: string): Payload {
  const { pullRequest } = payload.repository
  return {
    ...payload,
    repository: { ...payload.repository, url, ...(pullRequest === undefined ? {} : { pullRequest: { ...pullRequest, repository: url } }) },
  }
}

export const READ_ONLY_SECRETS: Payload["secrets"] = [
  { name: "GITHUB_TOKEN", use: "scm", from: "value", value: READER },
  { name: "ANTHROPIC_API_KEY", use: "agent", from: "value", value: MODEL_KEY },
]

/** What claude prints when it has finished. */
export const FINISHED = `echo '{"type":"result","subtype":"success","is_error":false,"result":"All done."}'`
