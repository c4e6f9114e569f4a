// `npm run docs` writes the tables of docs/clocks.md and docs/failures.md anew from the contract, the one of docs/agents.md
// from the record beside it, and those of docs/cost.md from the results of the bench; a test holds them to it.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { AGENTS } from "#contract/agents.ts"
import { type Failure, showFailure } from "#contract/failures.ts"
import { CLOCKS } from "#contract/jobs.ts"
import { renderCost } from "./benches/cost.ts"
import { ROOT } from "./build.ts"

/** Stands where a sentence puts a number of the failure; replaced by the field's name. */
const NUMBER = 4711
const MIB = 1024 * 1024
/** A sample of each kind, with the names of its number fields in order; a kind whose sentence differs by field has several. */
const SAMPLES: readonly (readonly [Failure, ...string[]])[] = [
  [{ kind: "queue-timeout" }],
  [{ kind: "launch-refused", awsCode: "<awsCode>" }],
  [{ kind: "image-missing", image: "<image>" }],
  [{ kind: "host-away" }],
  [{ kind: "never-started", reason: "<reason>" }],
  [{ kind: "worker-lost", reason: "<reason>" }],
  [{ kind: "control-plane-unreachable" }],
  [{ kind: "protocol-unsupported" }],
  [{ kind: "invalid-payload", field: "<field>" }],
  [{ kind: "secret-missing", names: ["<names>"] }],
  [{ kind: "agent-not-installed", agent: "<agent>" }],
  [{ kind: "prompt-too-long", limit: NUMBER, actual: NUMBER + 1 }, "limit", "actual"],
  [{ kind: "setup-failed", exitCode: NUMBER }, "exitCode"],
  [{ kind: "clone-failed", hint: "auth" }],
  [{ kind: "clone-failed", hint: "not-found" }],
  [{ kind: "clone-failed", hint: "network" }],
  [{ kind: "clone-failed", hint: "branch" }],
  [{ kind: "agent-auth-failed" }],
  [{ kind: "agent-usage-limit", resetsAt: "<resetsAt>" }],
  [{ kind: "agent-failed", exitCode: NUMBER }, "exitCode"],
  [{ kind: "agent-failed", signal: "<signal>" }],
  [{ kind: "agent-timeout", limitMs: NUMBER * 60_000 }, "limit"],
  [{ kind: "budget-exceeded", limit: NUMBER }, "limit"],
  [{ kind: "no-document" }],
  [{ kind: "no-changes" }],
  [{ kind: "too-many-changes", limit: NUMBER, actual: NUMBER + 1 }, "limit", "actual"],
  [{ kind: "tests-failed", command: "<command>" }],
  [{ kind: "protected-path", paths: ["<paths>"] }],
  [{ kind: "secret-in-diff", where: "<where>" }],
  [{ kind: "change-too-large", path: "<path>", actual: NUMBER * MIB, limit: (NUMBER + 1) * MIB }, "actual", "limit"],
  [{ kind: "change-too-large", limit: NUMBER * MIB }, "limit"],
  [{ kind: "lfs-failed", reason: "not-installed" }],
  [{ kind: "lfs-failed", reason: "not-enabled" }],
  [{ kind: "lfs-failed", reason: "download" }],
  [{ kind: "lfs-failed", reason: "upload" }],
  [{ kind: "branch-diverged", savedAs: "<savedAs>" }],
  [{ kind: "push-rejected" }],
  [{ kind: "pull-request-rejected", status: NUMBER }, "status"],
  [{ kind: "pull-request-rejected", status: 0 }],
  [{ kind: "out-of-memory" }],
  [{ kind: "disk-full" }],
  [{ kind: "internal" }],
]

export function renderClocks(): string {
  const rows = Object.entries(CLOCKS).map(([name, { owner, ms, bounds }]) => `| \`${name}\` | ${owner} | ${inWords(ms)} | ${bounds} |`)
  return ["| Clock | Owner | Default | Bounds |", "|---|---|---|---|", ...rows].join("\n")
}

export function renderFailures(): string {
  const rows = new Map<string, { sentences: string[]; advice: string; retryHelps: boolean }>()
  for (const [failure, ...numbers] of SAMPLES) {
    const { kind, message, advice, retryHelps } = showFailure(failure)
    const sentence = numbers.reduce((text, name, index) => text.replace(String(NUMBER + index), `<${name}>`), message)
    const row = rows.get(kind)
    if (row) row.sentences.push(sentence)
    else rows.set(kind, { sentences: [sentence], advice, retryHelps })
  }
  const lines = [...rows].map(([kind, { sentences, advice, retryHelps }]) => {
    // Bare angle brackets would vanish in Markdown.
    const shown = sentences.join("<br>").replaceAll(/<(?!br>)/g, String.raw`\<`)
    return `| \`${kind}\` | ${shown} | ${advice} | ${retryHelps ? "yes" : "no"} |`
  })
  return ["| Kind | Sentence | What to do | Retry helps |", "|---|---|---|---|", ...lines].join("\n")
}

/** The cases of `worker-runtime/test/agents.test.ts` and the words above their columns. */
const AGENT_CASES = {
  edit: "Edits, pull request",
  instructions: "Reads instructions and skills",
  resume: "Resumes",
  elsewhere: "… in another folder",
  "key refused": "401",
  "rate limited": "429",
  "server error": "500",
  unreachable: "No connection",
  stop: "Stop",
  "no key": "No key",
  "not installed": "Not installed",
} as const
interface AgentRecord {
  date: string
  agents: Record<string, { version: string; cases: Record<string, string> }>
}
export const readAgentRecord = (): AgentRecord => JSON.parse(readFileSync(join(ROOT, "docs/agents.json"), "utf8"))

/** What the last run of every agent through every case showed; `UPDATE_DOCS=1` with that test writes the record. */
export function renderAgents(): string {
  const { date, agents } = readAgentRecord()
  const names = Object.keys(AGENT_CASES)
  const head = ["Agent", "Version", ...Object.values(AGENT_CASES)]
  const rows = Object.values(AGENTS).map(({ slug, name }) => {
    const { version = "", cases = {} } = agents[slug] ?? {}
    return [name, version, ...names.map((each) => cases[each] ?? "not run")]
  })
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`)
  return [...lines, "", `Run on ${date}.`].join("\n")
}

function inWords(ms: number): string {
  for (const [unit, size] of [
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1000],
  ] as const)
    if (ms % size === 0) return `${ms / size} ${unit}`
  return `${ms} ms`
}

export const PAGES = [
  { file: "docs/clocks.md", render: renderClocks },
  { file: "docs/failures.md", render: renderFailures },
  { file: "docs/agents.md", render: renderAgents },
  { file: "docs/cost.md", render: () => renderCost(JSON.parse(readFileSync(join(ROOT, "bench/results/latest.json"), "utf8"))) },
] as const
const RENDERED = /(<!-- rendered: [^\n]* -->\n)([\s\S]*?)(\n<!-- \/rendered -->)/

/** The table between the two marks of a page. */
export const tableOf = (file: string): string => RENDERED.exec(readFileSync(join(ROOT, file), "utf8"))?.[2] ?? ""

export function writePages(): void {
  for (const { file, render } of PAGES) {
    const path = join(ROOT, file)
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace(RENDERED, (_, head: string, _table: string, foot: string) => head + render() + foot),
    )
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writePages()
