// A clanker's self-test: the same steps as every job, without a repository and with nothing to push.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import type { Payload } from "#contract/worker.ts"
import { FINISHED, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
beforeEach(() => rig.agent(FINISHED))
afterAll(() => rig.close())

/** As the control plane makes it. */
function selfTest(change: Partial<Payload> = {}): Payload {
  const { job, secrets = [] } = rig.payload()
  return rig.payload({
    job: { ...job, kind: "self-test" },
    prompt: "Phase: self-test\nAnswer with one sentence.",
    repository: { url: "https://self-test.invalid/none", baseBranch: "main", branch: "self-test" },
    scm: { provider: "github" },
    secrets: secrets.filter(({ use }) => use === "agent"),
    ...change,
  })
}

test("the agent answers in an empty repository that nobody was asked for, and nothing is pushed", async () => {
  const seen = join(rig.folder, "seen")
  rig.agent(`git log --format=%s > ${seen}; git status --porcelain >> ${seen}; ls -A >> ${seen}\n${FINISHED}`)
  const before = rig.forge.requests.length
  const { exitCode, outcome, events } = await rig.run(selfTest())
  expect(outcome).toMatchObject({ status: "succeeded", summary: "All done.", agentVersion: "2.1.328" })
  expect(outcome).not.toHaveProperty("commit")
  expect(exitCode).toBe(0)
  expect(readFileSync(seen, "utf8")).toBe("An empty repository for a self-test\n.git\n")
  expect(rig.forge.requests).toHaveLength(before)
  expect(events.filter(({ kind }) => kind === "checkpoint" || kind === "pushed")).toEqual([])
})

test.each([
  [
    "said nothing",
    `echo '{"type":"result","subtype":"success","is_error":false,"result":""}'`,
    { kind: "agent-failed", step: "run-agent" },
  ],
  ["is not there", null, { kind: "agent-not-installed", step: "resolve-clanker" }],
  ["did not end well", "exit 3", { kind: "agent-failed", exitCode: 3, step: "run-agent" }],
])("an agent that %s fails it by name", async (_what, script, failure) => {
  if (script === null) writeFileSync(join(rig.folder, "bin", "claude"), "#!/bin/sh\nexit 1\n", { mode: 0o755 })
  else rig.agent(script)
  expect((await rig.run(selfTest())).outcome).toMatchObject({ status: "failed", failure })
})

test("a secret that does not arrive fails it before the agent is asked anything", async () => {
  const { outcome } = await rig.run(selfTest({ secrets: [{ name: "ANTHROPIC_API_KEY", use: "agent", from: "env" }] }))
  expect(outcome).toMatchObject({ failure: { kind: "secret-missing", names: ["ANTHROPIC_API_KEY"], step: "fetch-credentials" } })
})

test("its time limit ends an agent that never answers", async () => {
  rig.agent(`echo '{"type":"system","subtype":"init","session_id":"s"}'; sleep 60`)
  const { outcome } = await rig.run(selfTest({ limits: { maxExecutionMs: 1500 } }))
  expect(outcome).toMatchObject({ status: "failed", failure: { kind: "agent-timeout", limitMs: 1500, step: "run-agent" } })
})
