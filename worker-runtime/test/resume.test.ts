// Going on with what an earlier attempt or job left: the files, the session, or only what is left to do outside.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { again, type Attempt, attempt, said, SESSION_ID, sessionCli } from "./attempts.ts"
import { FINISHED, READ_ONLY_SECRETS, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ "README.md": "# demo\n", "src/a.txt": "one\n", ".gitignore": "ignored\n" })
})
afterAll(() => rig.close())

const head = (branch: string) => rig.forge.git("acme/demo", "rev-parse", `refs/heads/${branch}`)
const STARTED = `say '{"type":"system","subtype":"x"}' ""`
/** Half of the work, and then the machine goes away. */
const HALF = `echo two >> src/a.txt; echo new > b.txt; rm README.md; printf 'feat: so far\\n\\nHalf.\\n' > "$VIBERATOR_OUTPUT/pull-request.md"; ${STARTED}; sleep 60`

async function interrupted(script = HALF): Promise<Attempt> {
  sessionCli(rig, script)
  let stopped = false
  const first = await attempt(rig, {
    payload: rig.payload(),
    on: (event, { machine }) => {
      if (stopped || event.kind !== "log") return
      stopped = true
      machine({ kind: "stop", reason: "SIGTERM", graceMs: 25_000 })
    },
  })
  expect(first.kept).toMatchObject({ artifact: "checkpoint-a.bundle", agentState: "agent-state-a" })
  return first
}
/** A commit on a branch of the forge, as somebody else's. */
async function commitOn(branch: string, from = "main"): Promise<string> {
  const tree = await rig.forge.git("acme/demo", "rev-parse", `${from}^{tree}`)
  const commit = await rig.forge.git(
    "acme/demo",
    "-c",
    "user.name=p",
    "-c",
    "user.email=p@p",
    "commit-tree",
    tree,
    "-p",
    from,
    "-m",
    "theirs",
  )
  await rig.forge.git("acme/demo", "update-ref", `refs/heads/${branch}`, commit)
  return commit
}

test("the second attempt has the files as uncommitted work, the output and the session, and knows its way", async () => {
  const first = await interrupted()
  sessionCli(
    rig,
    `git status --porcelain >&2; git rev-parse HEAD --abbrev-ref HEAD >&2; cat "$VIBERATOR_OUTPUT/pull-request.md" >&2; git diff --cached --quiet || exit 7; echo three > c.txt; ${FINISHED}`,
  )
  const second = await attempt(rig, { payload: again(first), from: first })
  expect(second.notices).toEqual([])
  expect(second.outcome).toMatchObject({
    status: "succeeded",
    resumed: "session",
    changedFiles: ["README.md", "b.txt", "c.txt", "src/a.txt"],
  })
  const log = second.events.flatMap((event) => (event.kind === "log" ? [event.text] : [])).join("")
  expect(log).toContain(` D README.md\n M src/a.txt\n?? b.txt\n${await head("main")}\n${first.payload.repository.branch}\nfeat: so far\n`)
  expect(said(second)).toContain(`resumed=${SESSION_ID} memory=I was here  prompt=You have worked on this task in this session`)
  expect(said(second)).toContain(`${rig.env().workDirectory}/${first.payload.job.id}/output/pull-request.md`)
  expect(await rig.forge.git("acme/demo", "show", `${first.payload.repository.branch}:src/a.txt`)).toBe("one\ntwo")
})

test("another job goes on in another folder, and says where things are now", async () => {
  const first = await interrupted()
  const payload = { ...first.payload, job: rig.payload().job }
  sessionCli(rig, FINISHED)
  const second = await attempt(rig, { payload, from: first })
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "session" })
  const folder = (id: string) => join(rig.env().workDirectory, id, "repo")
  expect(said(second)).toContain(`The repository is now in ${folder(payload.job.id)}; it was in ${folder(first.payload.job.id)}`)
})

test("another job in a folder of the same name is where the session began", async () => {
  const first = await interrupted()
  const payload = { ...first.payload, job: { ...rig.payload().job, folder: first.payload.job.id } }
  sessionCli(rig, FINISHED)
  const second = await attempt(rig, { payload, from: first })
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "session" })
  expect(said(second)).toContain(`${rig.env().workDirectory}/${first.payload.job.id}/output/pull-request.md`)
  expect(said(second)).not.toContain("The repository is now in")
})

test.each([
  ["in the same folder", true, { resumed: "session" }, []],
  ["in another", false, { resumed: "checkpoint" }, [expect.stringContaining("this agent finds a session only in the folder")]],
])("an agent whose sessions are bound to their folder goes on with one %s", async (_where, same, outcome, notices) => {
  const secrets = [
    ...(rig.payload().secrets ?? []),
    { name: "QWEN_CLI_API_KEY", use: "agent" as const, from: "value" as const, value: "qwen-key-123456" },
  ]
  const qwen = { secrets, agent: { slug: "qwen-cli" as const, extraArgs: [] } }
  sessionCli(rig, `echo half > half; exit 3`, { binary: "qwen" })
  const first = await attempt(rig, { payload: rig.payload(qwen) })
  expect(first.kept?.agentState).toBe("agent-state-a")
  sessionCli(rig, FINISHED, { binary: "qwen" })
  const { job } = rig.payload()
  const payload = { ...first.payload, job: same ? { ...job, folder: first.payload.job.id } : job }
  const second = await attempt(rig, { payload, from: first })
  expect(second.notices).toEqual(notices)
  expect(second.outcome).toMatchObject({ status: "succeeded", changedFiles: ["half"], ...outcome })
})

test.each([
  ["another version of the agent", { version: "2.2.0" }, {}, "it was kept by version 2.1.328 of the agent, and this is 2.2.0"],
  ["a state that is gone", {}, { lose: ["agent-state" as const] }, "it is not there any more"],
  ["a state that another key sealed", {}, { openKey: "0".repeat(64) }, "it cannot be read"],
])("%s: the files are used, in a new session", async (_what, cli, wanted, why) => {
  const first = await interrupted()
  sessionCli(rig, FINISHED, cli)
  const second = await attempt(rig, { payload: again(first), from: first, ...wanted })
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "checkpoint", changedFiles: ["README.md", "b.txt", "src/a.txt"] })
  expect(second.notices).toEqual([expect.stringMatching(/^session-not-resumed: /)])
  expect(second.notices[0]).toContain(why)
  expect(said(second)).toContain("resumed= memory= prompt=An earlier session has worked on this task")
})

test("a CLI that does not take its session up again begins a new one over the files", async () => {
  const first = await interrupted()
  sessionCli(rig, FINISHED)
  const { readFileSync, writeFileSync } = await import("node:fs")
  const file = join(rig.folder, "bin", "claude")
  const refuses = `case "$*" in *--resume*) echo "No conversation found" >&2; exit 1 ;; esac\nprompt=`
  writeFileSync(file, readFileSync(file, "utf8").replace("prompt=", refuses))
  const second = await attempt(rig, { payload: again(first), from: first })
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "checkpoint", changedFiles: ["README.md", "b.txt", "src/a.txt"] })
  expect(second.notices).toEqual([expect.stringContaining("session-not-resumed: The agent did not take its session up again")])
})

test.each([
  ["is gone", { lose: ["checkpoint" as const] }, "it is not there any more"],
  ["is no bundle", {}, "it cannot be read"],
])("a checkpoint that %s is not used, and a notice says so", async (what, wanted, why) => {
  const first = await interrupted()
  sessionCli(rig, `test ! -e b.txt || exit 7; echo x > x; ${FINISHED}`)
  const broken = what === "is gone" ? first : { ...first, files: new Map([["checkpoint-a.bundle", Buffer.from("not\n\na bundle")]]) }
  const second = await attempt(rig, { payload: again(first), from: broken, ...wanted })
  expect(second.notices).toEqual([`checkpoint-unusable: The earlier work is not used: ${why}.`])
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "none", changedFiles: ["x"] })
  expect(said(second)).toContain("resumed= memory= prompt=Phase: execution")
})

test("a bundle that was altered is not used, and leaves the clone as it was", async () => {
  const first = await interrupted()
  const bytes = Buffer.from(first.files.get("checkpoint-a.bundle") ?? "")
  bytes.fill(7, bytes.length - 60, bytes.length - 30)
  sessionCli(rig, `git status --porcelain >&2; test -z "$(git status --porcelain)" || exit 7; echo x > x; ${FINISHED}`)
  const second = await attempt(rig, { payload: again(first), from: { ...first, files: new Map([["checkpoint-a.bundle", bytes]]) } })
  expect(second.notices).toEqual([expect.stringContaining("checkpoint-unusable: The earlier work is not used: git refused it")])
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "none", changedFiles: ["x"] })
})

test("somebody else's commit on the ticket's branch goes first: the checkpoint is not used", async () => {
  const first = await interrupted()
  const { branch } = first.payload.repository
  const theirs = await commitOn(branch)
  sessionCli(rig, `test ! -e b.txt || exit 7; echo x > x; ${FINISHED}`)
  const second = await attempt(rig, { payload: again(first), from: first })
  expect(second.notices).toEqual(["checkpoint-unusable: The earlier work is not used: the branch has moved since."])
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "none" })
  expect(await rig.forge.git("acme/demo", "rev-parse", `${branch}^`)).toBe(theirs)
})

test("a base branch that has grown does not matter: the work goes on from where it began", async () => {
  const first = await interrupted()
  const began = await head("main")
  await commitOn("main")
  sessionCli(rig, FINISHED)
  const second = await attempt(rig, { payload: again(first), from: first })
  expect(second.notices).toEqual([])
  expect(second.outcome).toMatchObject({
    status: "succeeded",
    resumed: "session",
    baseCommit: began,
    changedFiles: ["README.md", "b.txt", "src/a.txt"],
  })
  expect(await rig.forge.git("acme/demo", "rev-parse", `${first.payload.repository.branch}^`)).toBe(began)
})

test("a document's session goes on, with what it had written", async () => {
  sessionCli(rig, `echo '# So far' > "$VIBERATOR_OUTPUT/document.md"; ${STARTED}; exit 3`)
  const research = { ...rig.payload().job, kind: "research" as const }
  const payload = rig.payload({ job: research })
  const base = { ...payload.repository, branch: "main" }
  const first = await attempt(rig, { payload: { ...payload, repository: base } })
  await commitOn("main")
  sessionCli(rig, `echo more >> "$VIBERATOR_OUTPUT/document.md"; ${FINISHED}`)
  const second = await attempt(rig, { payload: again(first), from: first })
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "session", document: "# So far\nmore" })
})

const NEVER = `echo ran > "$HOME/../../agent-ran"; exit 9`
const neverRan = () => expect(existsSync(join(rig.env().workDirectory, "agent-ran"))).toBe(false)

test("a retry after a refused push pushes, and runs no agent", async () => {
  rig.agent(
    `echo two >> src/a.txt; echo n > n; printf 'feat: the agent said\\n\\nWhy it is so.\\n' > "$VIBERATOR_OUTPUT/pull-request.md"; ${FINISHED}`,
  )
  const refused = await attempt(rig, { payload: rig.payload({ secrets: READ_ONLY_SECRETS }) })
  expect(refused.outcome).toMatchObject({ status: "failed", failure: { kind: "push-rejected" } })
  expect(refused.kept).toMatchObject({ finished: true })
  const payload = {
    ...refused.payload,
    job: rig.payload().job,
    secrets: rig.payload().secrets,
    project: { name: "Demo", slug: "demo", settings: { testCommand: "test -e n" } },
  }
  rig.agent(NEVER)
  const retried = await attempt(rig, { payload, from: refused, resume: { startAt: "commit-and-push" } })
  expect(retried.outcome).toMatchObject({ status: "succeeded", resumed: "checkpoint", changedFiles: ["n", "src/a.txt"] })
  neverRan()
  const { branch } = payload.repository
  expect(await rig.forge.git("acme/demo", "log", "-1", "--format=%s%n%b", branch)).toContain("feat: the agent said\nWhy it is so.")
  const [pull] = (await rig.forge.pullRequests("acme/demo")).filter((one) => one.head.ref === branch)
  expect(pull).toMatchObject({ title: "feat: the agent said", body: expect.stringContaining("Why it is so.") })
  expect(pull?.body).not.toContain("tokens")
  expect(retried.notices).toContainEqual("agent-skipped: The agent does not run: the work goes on at commit-and-push.")
})

test("without a checkpoint the next attempt finds nothing of the one before on the same machine", async () => {
  const everywhere = `for place in . "$HOME" "$TMPDIR" "$VIBERATOR_OUTPUT" "$HOME/.."; do echo left > "$place/left"; done`
  rig.agent(`${everywhere}; echo '{"type":"system","subtype":"x"}'; sleep 60`)
  const first = await attempt(rig, {
    payload: rig.payload(),
    on: (event, { machine }) => event.kind === "log" && machine({ kind: "fenced", reason: "as dead as can be" }),
  })
  const folder = join(rig.env().workDirectory, first.payload.job.id)
  expect(existsSync(join(folder, "home", "left"))).toBe(true)
  rig.agent(`find "$HOME/.." -name left >&2; test -z "$(find "$HOME/.." -name left)" || exit 7; echo x > x; ${FINISHED}`)
  const second = await attempt(rig, { payload: again(first) })
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "none", changedFiles: ["x"] })
})

test("without the checkpoint the agent works again", async () => {
  rig.agent(`echo x > again; ${FINISHED}`)
  const retried = await attempt(rig, { payload: rig.payload(), resume: { startAt: "commit-and-push", checkpoint: "checkpoint-a.bundle" } })
  expect(retried.outcome).toMatchObject({ status: "succeeded", resumed: "none", changedFiles: ["again"] })
})

async function refusedPullRequest(): Promise<Attempt> {
  rig.agent(`echo g > g; printf 'feat: the agent said\\n\\nWhy it is so.\\n' > "$VIBERATOR_OUTPUT/pull-request.md"; ${FINISHED}`)
  rig.forge.fault({ method: "POST", path: "/pulls" }, { status: 422, body: JSON.stringify({ message: "Validation Failed" }) })
  const refused = await attempt(rig, { payload: rig.payload() })
  expect(refused.outcome).toMatchObject({ status: "failed", failure: { kind: "pull-request-rejected" } })
  rig.agent(NEVER)
  return refused
}
const pushes = () => rig.forge.requests.filter(({ method, path }) => method === "POST" && path.includes("git-receive-pack")).length

test.each([
  ["with its words", {}],
  ["also when the checkpoint is gone", { lose: ["checkpoint" as const] }],
])("a retry after a refused pull request opens it, without agent and push, %s", async (how, wanted) => {
  const refused = await refusedPullRequest()
  const before = [pushes(), await head(refused.payload.repository.branch)]
  const payload = { ...refused.payload, job: rig.payload().job }
  const retried = await attempt(rig, { payload, from: refused, resume: { startAt: "open-pull-request" }, ...wanted })
  expect(retried.outcome).toMatchObject({ status: "succeeded", pullRequest: { number: expect.any(Number) }, changedFiles: ["g"] })
  neverRan()
  expect([pushes(), await head(refused.payload.repository.branch)]).toEqual(before)
  const mine = (await rig.forge.pullRequests("acme/demo")).filter((one) => one.head.ref === payload.repository.branch)
  expect(mine).toHaveLength(1)
  if (how === "with its words")
    expect(mine[0]).toMatchObject({ title: "feat: the agent said", body: expect.stringContaining("Why it is so.") })
})

test("a branch that was deleted meanwhile is pushed again", async () => {
  const refused = await refusedPullRequest()
  const { branch } = refused.payload.repository
  await rig.forge.git("acme/demo", "update-ref", "-d", `refs/heads/${branch}`)
  const payload = { ...refused.payload, job: rig.payload().job }
  const retried = await attempt(rig, { payload, from: refused, resume: { startAt: "open-pull-request" } })
  expect(retried.outcome).toMatchObject({ status: "succeeded", resumed: "checkpoint", pullRequest: { number: expect.any(Number) } })
  neverRan()
  expect(await rig.forge.git("acme/demo", "show", `${branch}:g`)).toBe("g")
})

test.each([
  ["its push", "pushed" as const],
  ["its pull request", "pull-request" as const],
])("a worker that died after %s is followed by one that doubles nothing and runs no agent", async (_what, last) => {
  rig.agent(`echo d > d; ${FINISHED}`)
  const first = await attempt(rig, {
    payload: rig.payload(),
    on: (event, { machine }) => event.kind === last && machine({ kind: "fenced", reason: "as dead as can be" }),
  })
  const { branch } = first.payload.repository
  const commit = await head(branch)
  rig.agent(NEVER)
  const second = await attempt(rig, { payload: again(first), from: first, resume: { startAt: "commit-and-push" } })
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "checkpoint", commit, changedFiles: ["d"] })
  neverRan()
  expect(await head(branch)).toBe(commit)
  expect((await rig.forge.pullRequests("acme/demo")).filter((one) => one.head.ref === branch)).toHaveLength(1)
})
