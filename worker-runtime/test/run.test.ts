// Steps 2 to 4 and 6: what a payload can lack, how an agent can end, and what is left of it.
import { readFileSync, readdirSync } from "node:fs"
import { afterAll, beforeAll, expect, test } from "vitest"
import { Interrupted } from "../failure.ts"
import { FINISHED, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
  rig.agent(FINISHED)
})
afterAll(() => rig.close())

/** Pids of living processes that carry the mark. */
function marked(mark: string): string[] {
  return readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && pid !== String(process.pid) && environOf(pid).includes(`VIBERATOR_MARK=${mark}\0`),
  )
}

function environOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1")
  } catch {
    // Ended meanwhile.
    return ""
  }
}

test("an agent that this release does not drive is named, never replaced", async () => {
  const { outcome } = await rig.run(rig.payload({ agent: { slug: "codex", extraArgs: [] } }))
  expect(outcome).toMatchObject({ status: "failed", failure: { kind: "agent-not-installed", agent: "codex", step: "resolve-clanker" } })
})

test("all missing secrets are told at once", async () => {
  const { outcome } = await rig.run(
    rig.payload({
      secrets: [
        { name: "A", use: "agent", from: "env" },
        { name: "B", use: "agent", from: "ssm", parameter: "/x" },
      ],
    }),
  )
  expect(outcome).toMatchObject({ failure: { kind: "secret-missing", names: ["A", "B"], detail: expect.stringContaining("SSM") } })
  const none = await rig.run(rig.payload({ secrets: [{ name: "GITHUB_TOKEN", use: "scm", from: "value", value: "12345" }] }))
  expect(none.outcome).toMatchObject({
    failure: { kind: "secret-missing", names: ["ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN or CLAUDE_CODE_OAUTH_TOKEN"] },
  })
  expect(none.events).toContainEqual(expect.objectContaining({ kind: "notice", code: "secret-too-short" }))
})

test.each([
  [[], "(whole)"],
  [{ protocol: 1 }, "job"],
])("a payload that is none: %j", async (payload, field) => {
  const { offlineLine } = await import("../platform/offline.ts")
  const printed: string[] = []
  await rig.run(rig.payload(), { line: offlineLine({ payload, now: Date.now, write: (line) => void printed.push(line) }) })
  expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject({
    kind: "result",
    outcome: { failure: { kind: "invalid-payload", field, step: "receive" } },
  })
})

test.each(["-x", "a b", "main"])("the branch %j is refused", async (branch) => {
  const payload = rig.payload()
  const { outcome } = await rig.run({ ...payload, repository: { ...payload.repository, branch } })
  expect(outcome).toMatchObject({ failure: { kind: "invalid-payload", field: "repository.branch" } })
})

test("the agent gets the prompt by stdin, its own HOME, and an allow-list for an environment", async () => {
  rig.agent("true")
  process.env["AWS_SECRET_ACCESS_KEY"] = "aws-secret-value"
  const files = [
    { path: "AGENTS.md", content: "Be kind." },
    { path: "skills/x.md", content: "# X" },
    { path: "opencode.json", content: "{}" },
  ]
  const payload = rig.payload({ files, instructions: "Be brief.", job: { ...rig.payload().job, kind: "research" } })
  const script = `#!/bin/sh
[ "$1" = --version ] && { echo 2.0.0; exit 0; }
prompt=$(cat)
text=$(env | cut -d= -f1 | sort | tr '\\n' ' '; echo; echo "$prompt" | tail -1; cat "$HOME/.claude/CLAUDE.md" "$HOME/.claude/skills/x/SKILL.md")
node -e 'console.log(JSON.stringify({type:"result",is_error:false,result:process.argv[1]}))' "$text"`
  const { writeFileSync } = await import("node:fs")
  writeFileSync(`${rig.folder}/bin/claude`, script, { mode: 0o755 })
  const { outcome, events } = await rig.run(payload)
  delete process.env["AWS_SECRET_ACCESS_KEY"]
  const said = outcome?.status === "succeeded" ? (outcome.document ?? "") : JSON.stringify(outcome)
  expect(said).toContain(`Write ${rig.env().workDirectory}/${payload.job.id}/output/pull-request.md`)
  expect(said).toContain("# Instructions of the project\n\nBe brief.\n\n# Instructions of Clank\n\nBe kind.")
  expect(said).toContain('name: "x"')
  const [names = ""] = said.split("\n")
  expect(
    names
      .split(" ")
      .filter(
        (name) =>
          !/^(ANTHROPIC_API_KEY|ANTHROPIC_BASE_URL|CLAUDE_CODE_.*|DISABLE_AUTOUPDATER|IS_SANDBOX|HOME|LANG|PATH|PWD|OLDPWD|SHLVL|_|TMPDIR|VIBERATOR_MARK|VIBERATOR_OUTPUT|VIBERATOR_ATTACHMENTS|)$/.test(
            name,
          ),
      ),
  ).toEqual([])
  expect(events).toContainEqual(
    expect.objectContaining({ kind: "notice", code: "files-ignored", text: expect.stringContaining("opencode.json") }),
  )
})

test("an agent that says nothing is ended, with its last words", async () => {
  rig.agent("echo hung >&2; sleep 60")
  const { outcome } = await rig.run(rig.payload(), { firstEventMs: 500 })
  expect(outcome).toMatchObject({
    failure: { kind: "agent-failed", step: "run-agent", lastLines: ["hung"], detail: expect.stringContaining("said nothing") },
  })
})

test("the time limit ends the agent and warns before", async () => {
  rig.agent(`echo '{"type":"system","subtype":"x"}'; sleep 60`)
  const payload = rig.payload({ limits: { maxExecutionMs: 2_500 } })
  const { outcome, events } = await rig.run(payload)
  expect(outcome).toMatchObject({ status: "failed", failure: { kind: "agent-timeout", limitMs: 2_500, step: "run-agent" } })
  expect(events).toContainEqual(expect.objectContaining({ kind: "notice", code: "deadline-near" }))
})

test("a stop ends everything that the agent started, even what left its group and ignores TERM", async () => {
  const machine = new AbortController()
  rig.agent(`trap '' TERM
setsid sh -c 'trap "" TERM; while :; do sleep 1; done' &
setsid setsid sh -c 'exec sleep 300' &
(sleep 301 &) ; echo '{"type":"system","subtype":"x"}'; while :; do sleep 1; done`)
  const payload = rig.payload()
  const mark = `${payload.job.id}-1`
  setTimeout(() => machine.abort(new Interrupted({ kind: "stop", reason: "cancelled", graceMs: 1_000 })), 2_500)
  const alive = new Promise<number>((resolve) => setTimeout(() => resolve(marked(mark).length), 2_300))
  const { outcome, exitCode } = await rig.run(payload, { machine: machine.signal })
  expect(await alive).toBeGreaterThan(3)
  expect(outcome).toMatchObject({ status: "stopped", reason: "cancelled" })
  expect(exitCode).toBe(0)
  expect(marked(mark)).toEqual([])
})

test("what a finished agent left running is ended too", async () => {
  rig.agent(`echo x > a; setsid sleep 300 & ${FINISHED}`)
  const payload = rig.payload()
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded" })
  expect(marked(`${payload.job.id}-1`)).toEqual([])
})
