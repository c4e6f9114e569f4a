// Every agent × every case, with the real CLIs; Mistral Vibe is replayed. Slow: keep pure rules elsewhere.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { z } from "zod"
import { AGENT_SLUGS } from "#contract/agents.ts"
import type { AgentSlug } from "#contract/agents.ts"
import { HARNESSES } from "../agents/agent.ts"
import type { Agent } from "../agents/agent.ts"
import { MODEL_KEY, TOKEN, keepOnly, marked, startAgentsRig, until } from "./agents-rig.ts"
import type { AgentsRig } from "./agents-rig.ts"

const LIMIT_MS = 200_000
/** A port that nobody listens on. */
const REFUSED = "http://127.0.0.1:9"

let rig: AgentsRig
beforeAll(async () => {
  rig = await startAgentsRig()
}, 600_000)
afterAll(async () => {
  await rig.close()
  compareWithDocs()
})

const CASES = [
  ...(["edit", "instructions", "resume", "elsewhere", "key refused", "rate limited", "server error"] as const),
  ...(["unreachable", "stop", "no key", "not installed"] as const),
]
type Case = (typeof CASES)[number]
/** What was seen in this run, by agent and case. */
const seen: Record<string, Partial<Record<Case, string>>> = {}
const recordFile = new URL("../../docs/agents.json", import.meta.url)

function saw(slug: AgentSlug, name: Case, what = slug === "mistral-vibe" ? "replayed" : "works"): void {
  ;(seen[slug] ??= {})[name] = what
}

/** The page about agents says what the last run showed: `UPDATE_DOCS=1` writes it, every other run is held to it. */
function compareWithDocs(): void {
  const kept: { agents: Record<string, { version: string; cases: Record<string, string> }> } = JSON.parse(readFileSync(recordFile, "utf8"))
  if (process.env["UPDATE_DOCS"] === "1") {
    const agents = AGENT_SLUGS.map((slug) => {
      const cases = CASES.map((name) => [name, seen[slug]?.[name] ?? kept.agents[slug]?.cases[name] ?? "not run"])
      return [slug, { version: rig.installed.get(slug)?.version ?? "not here", cases: Object.fromEntries(cases) }]
    })
    const record = { date: new Date().toISOString().slice(0, 10), agents: Object.fromEntries(agents) }
    writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`)
    return
  }
  for (const [slug, cases] of Object.entries(seen)) expect(kept.agents[slug]?.cases, slug).toMatchObject(cases)
}

/**
 * What a job's log shows, in its order, without what differs from run to run: what the broker counts beside the agent, what
 * comes over standard error or from the project's tests, and into how many pieces a text is cut.
 */
function outlineOf(printed: string): string {
  const lines = printed.split("\n").flatMap((line) => {
    const event = z.looseObject({ seq: z.number(), kind: z.string() }).safeParse(JSON.parse(line)).data
    if (event === undefined || ["usage", "log"].includes(event.kind) || event["code"] === "price-unknown") return []
    const words = ["kind", "step", "name", "code", "state"].map((field) => event[field])
    return [words.filter((word) => typeof word === "string").join(" ")]
  })
  return `${lines.filter((line, at) => line !== lines[at - 1]).join("\n")}\n`
}

describe.concurrent.each(AGENT_SLUGS)("%s", (slug) => {
  const agent: Agent = HARNESSES[slug]
  const replayed = slug === "mistral-vibe"

  beforeEach(({ skip }) => {
    const why = rig.missing.get(slug)
    if (why !== undefined && process.env["REQUIRE_ALL"] === "1") throw new Error(why)
    skip(why !== undefined, `${slug} is not here: ${why}`)
  })

  test(
    "edits the repository, with its instructions and skills read; the worker makes the pull request",
    async ({ expect }) => {
      const payload = rig.payload(slug)
      const { exitCode, outcome, printed } = await rig.start(payload).ended
      expect(outcome).toMatchObject({
        status: "succeeded",
        changedFiles: ["src/slugify.js"],
        branch: payload.repository.branch,
        agentVersion: rig.installed.get(slug)?.version,
      })
      expect(exitCode).toBe(0)
      expect(await rig.forge.pullRequests("acme/demo")).toContainEqual(
        expect.objectContaining({
          title: "fix: keep the base letter of accented letters in slugs",
          head: expect.objectContaining({ ref: payload.repository.branch }),
        }),
      )
      expect(printed).not.toContain(MODEL_KEY)
      expect(printed).not.toContain(TOKEN)
      expect(printed).not.toContain("agent-line-unknown")
      await expect(outlineOf(printed)).toMatchFileSnapshot(fileURLToPath(new URL(`golden/${slug}/job.txt`, import.meta.url)))
      saw(slug, "edit")
      if (replayed) return saw(slug, "instructions", "not shown")
      const asked = rig
        .asked(payload.job.id)
        .map(({ body }) => body)
        .join("\n")
      for (const marker of ["MARKER-PROJECT", "MARKER-CLANKER", "MARKER-SKILL", "keeps `npm test` green"]) expect(asked).toContain(marker)
      saw(slug, "instructions")
    },
    LIMIT_MS,
  )

  test(
    "goes on with a session, of which nothing but its declared folders is left",
    async () => {
      saw(slug, "resume", "not shown")
      saw(slug, "elsewhere", "not shown")
      // A replay cannot show what the program keeps of a session: the record says that nothing was shown.
      if (replayed) return
      const place = join(rig.folder, `resume-${slug}`)
      const [home, repo, other] = ["home", "repo", "other/repo"].map((name) => join(place, name))
      if (home === undefined || repo === undefined || other === undefined || agent.sessionFolders === null) throw new Error("unreachable")
      for (const folder of [repo, other]) {
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, "README.md"), "# demo\n")
      }
      const words = (word: string) => `${word}-${slug}`
      const prompt = (word: string) => `Phase: self-test\n${words(word)}`
      const first = await rig.runAlone(slug, { home, repo, prompt: prompt("REMEMBER"), resume: null })
      expect(first).toMatchObject({ succeeded: true })
      expect(first.state.sessionId).not.toBeNull()
      keepOnly(home, agent.sessionFolders)
      const second = await rig.runAlone(slug, { home, repo, prompt: prompt("GO-ON"), resume: first.state.sessionId })
      expect(second).toMatchObject({ succeeded: true })
      expect(rig.asked(words("GO-ON")).some(({ body }) => body.includes(words("REMEMBER")))).toBe(true)
      saw(slug, "resume")
      const third = await rig.runAlone(slug, {
        home,
        repo: other,
        prompt: prompt("ELSEWHERE"),
        resume: second.state.sessionId,
        limitMs: 20_000,
      })
      const found = third.succeeded && rig.asked(words("ELSEWHERE")).some(({ body }) => body.includes(words("REMEMBER")))
      expect(found).toBe(agent.resumesElsewhere)
      saw(slug, "elsewhere", found ? "works" : "no")
    },
    LIMIT_MS,
  )

  test(
    "a refused key is agent-auth-failed",
    async () => {
      const { exitCode, outcome } = await rig.start(rig.payload(slug, { secret: "wrong-key-0123456789" })).ended
      expect(outcome).toMatchObject({ status: "failed", failure: { kind: "agent-auth-failed", step: "run-agent" } })
      expect(exitCode).toBe(0)
      saw(slug, "key refused")
    },
    LIMIT_MS,
  )

  test.each([
    [429, "rate limited"],
    [500, "server error"],
  ] as const)(
    "HTTP %i of the model is agent-failed, in the agent's words",
    async (status, name) => {
      const { exitCode, outcome } = await rig.start(rig.payload(slug, { ticket: `FAULT-${status}` })).ended
      expect(outcome).toMatchObject({ status: "failed", failure: { kind: "agent-failed", step: "run-agent", detail: expect.any(String) } })
      expect(exitCode).toBe(0)
      saw(slug, name)
    },
    LIMIT_MS,
  )

  test(
    "a model that cannot be reached is agent-failed",
    async () => {
      const { exitCode, outcome } = await rig.start(rig.payload(slug, { baseUrl: REFUSED })).ended
      expect(outcome).toMatchObject({ status: "failed", failure: { kind: "agent-failed", step: "run-agent" } })
      expect(exitCode).toBe(0)
      saw(slug, "unreachable")
    },
    LIMIT_MS,
  )

  test(
    "TERM ends it with all that it started, and the result is stopped",
    async () => {
      // Claude Code refuses a bare `sleep 60` as a command, so it hangs in the model's answer instead.
      const sleeps = slug !== "claude-code"
      const payload = rig.payload(slug, { ticket: sleeps ? "SCRIPT-SLEEP-60" : "FAULT-HANG" })
      const mark = `${payload.job.id}-1`
      const { child, ended } = rig.start(payload)
      const hangs = () => rig.asked(payload.job.id).some(({ status }) => status === 0)
      await until(() => (sleeps ? marked(mark).some((command) => /\bsleep 60/.test(command)) : hangs()), 100_000)
      expect(marked(mark)).not.toEqual([])
      child.kill("SIGTERM")
      const { exitCode, outcome } = await ended
      expect(outcome).toMatchObject({ status: "stopped", reason: expect.stringContaining("SIGTERM") })
      expect(exitCode).toBe(0)
      expect(marked(mark)).toEqual([])
      saw(slug, "stop")
    },
    LIMIT_MS,
  )

  test(
    "without its key it is secret-missing, before the clone",
    async () => {
      const { outcome, printed } = await rig.start(rig.payload(slug, { secret: null })).ended
      expect(outcome).toMatchObject({ status: "failed", failure: { kind: "secret-missing", step: "fetch-credentials" } })
      expect(printed).not.toContain('"step":"clone"')
      saw(slug, "no key", "works")
    },
    LIMIT_MS,
  )

  test(
    "where its program is not installed it is agent-not-installed, and no other agent steps in",
    async () => {
      const { outcome } = await rig.start(rig.payload(slug), { withoutAgent: true }).ended
      expect(outcome).toMatchObject({ status: "failed", failure: { kind: "agent-not-installed", step: "resolve-clanker", agent: slug } })
      saw(slug, "not installed", "works")
    },
    LIMIT_MS,
  )
})

test("a prompt that is longer than an argument may be is refused before the clone, and only where it must be one", async () => {
  const prompt = `Phase: self-test\n${"x".repeat(128 * 1024)}`
  const { outcome, printed } = await rig.start(rig.payload("kimi-code", { prompt })).ended
  expect(outcome).toMatchObject({
    status: "failed",
    failure: { kind: "prompt-too-long", step: "prepare-agent", limit: 131_062, actual: prompt.length },
  })
  expect(printed).not.toContain('"step":"clone"')
}, 60_000)
