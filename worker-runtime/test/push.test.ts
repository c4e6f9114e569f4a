// Step 7 and the remote: every refusal in its own words, lost answers, and what may not leave.
import { chmodSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { attempt } from "./attempts.ts"
import { FINISHED, startRig, TOKEN } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ "README.md": "# demo\n", ".github/workflows/ci.yml": "on: push\n", "docs/guide.md": "# guide\n" })
})
afterAll(() => rig.close())

const head = (branch: string) => rig.forge.git("acme/demo", "rev-parse", "--verify", `refs/heads/${branch}`)
const settings = (given: object) => ({ project: { name: "Demo", slug: "demo", settings: given } })
const PUSH = { method: "POST", path: /git-receive-pack$/ } as const

test("the commit is one, by the clanker, and says what it is for", async () => {
  rig.agent(`git commit --allow-empty -qm mine; echo x > x; git add x; git commit -qm "also mine"; echo y > y
printf '%s\\n\\nBecause.\\n' "feat: a title that is so long that nobody would read it to its end in any list of commits" > "$VIBERATOR_OUTPUT/pull-request.md"; ${FINISHED}`)
  const payload = rig.payload({ task: { ticketKey: "WEB-7", title: "Thing", requestedBy: "Ada <ada@example.com>" } })
  const { branch } = payload.repository
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded", changedFiles: ["x", "y"] })
  expect(await rig.forge.git("acme/demo", "rev-list", "--count", `main..${branch}`)).toBe("1")
  expect(await rig.forge.git("acme/demo", "log", "-1", "--format=%an <%ae>%n%B", branch)).toBe(
    [
      "Clank <clank@viberglass.invalid>",
      "feat: a title that is so long that nobody would read it to its end in",
      "",
      "Because.",
      "",
      "Ticket: WEB-7",
      `Job: ${payload.job.id}`,
      "Clanker: clank",
      "Co-authored-by: Ada <ada@example.com>",
    ].join("\n"),
  )
})

const FIRST = { method: "GET", path: "info/refs?service=git-receive-pack" } as const
const challenge = { "www-authenticate": 'Basic realm="GitHub"' }

test.each([
  // Without a login first, then with it.
  ["401", FIRST, { status: 401, headers: challenge, times: 2 }, /Authentication failed/],
  ["403", FIRST, { status: 403 }, /403/],
  ["404", FIRST, { status: 404 }, /not found/],
  ["403 at the very end", PUSH, { status: 403 }, /403/],
  ["413 at the very end", PUSH, { status: 413 }, /413/],
  ["503, again and again", PUSH, { status: 503, times: 3 }, /503/],
])("a push that is refused says why: %s", async (name, match, fault, detail) => {
  rig.agent(`echo "${name}" > refused; ${FINISHED}`)
  rig.forge.fault(match, fault)
  const payload = rig.payload()
  expect((await rig.run(payload)).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "push-rejected", step: "commit-and-push", detail: expect.stringMatching(detail) },
  })
  await expect(head(payload.repository.branch)).rejects.toThrow()
})

test.each([
  ["without a word", "exit 1", "hook declined"],
  ["with words of its own", "echo 'GH006: Protected branch update failed' >&2; exit 1", "GH006: Protected branch update failed"],
])("a branch that the remote refuses %s", async (_how, script, detail) => {
  const hook = join(rig.forge.bare("acme/demo"), "hooks/update")
  writeFileSync(hook, `#!/bin/sh\n${script}\n`)
  chmodSync(hook, 0o755)
  try {
    rig.agent(`echo "${detail}" > declined; ${FINISHED}`)
    expect((await rig.run(rig.payload())).outcome).toMatchObject({
      status: "failed",
      failure: { kind: "push-rejected", detail: expect.stringContaining(detail) },
    })
  } finally {
    rmSync(hook)
  }
})

test("a push whose answer was lost counts as pushed", async () => {
  rig.agent(`echo lost > lost; ${FINISHED}`)
  rig.forge.fault(PUSH, { cut: true })
  const payload = rig.payload()
  const { branch } = payload.repository
  const { outcome, events } = await rig.run(payload)
  expect(outcome).toMatchObject({ status: "succeeded", commit: await head(branch), pullRequest: { number: expect.any(Number) } })
  expect(events).toContainEqual(expect.objectContaining({ kind: "pushed", branch }))
  expect(await rig.forge.git("acme/demo", "rev-list", "--count", `main..${branch}`)).toBe("1")
})

test.each([429, 502])("a remote that answers %i to the push, or when it is read before it, is asked again", async (status) => {
  const payload = rig.payload()
  const go = join(rig.env().workDirectory, payload.job.id, "home", "go")
  rig.agent(`echo ${status} > again; echo ready >&2; while [ ! -e "$HOME/go" ]; do sleep 0.05; done; ${FINISHED}`)
  const { outcome } = await attempt(rig, {
    payload,
    on: (event) => {
      if (event.kind !== "log" || !event.text.includes("ready")) return
      rig.forge.fault({ path: "service=git-upload-pack" }, { status })
      rig.forge.fault(PUSH, { status })
      writeFileSync(go, "")
    },
  })
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["again"] })
  expect(rig.forge.requests.filter((request) => request.status === status)).toHaveLength(2)
})

test("when somebody has taken the name beside the branch as well, nothing of theirs is written over", async () => {
  const payload = rig.payload()
  const { branch } = payload.repository
  const savedAs = `${branch}--${payload.job.id.slice(-8)}`
  const bare = rig.forge.bare("acme/demo")
  rig.agent(
    `for name in ${branch} ${savedAs}; do new=$(git -C ${bare} -c user.name=p -c user.email=p@p commit-tree main^{tree} -p main -m theirs); git -C ${bare} update-ref refs/heads/$name $new; done; echo x > c; ${FINISHED}`,
  )
  expect((await rig.run(payload)).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "push-rejected", detail: `${branch} has moved, and ${savedAs} exists already.` },
  })
  for (const name of [branch, savedAs]) expect(await rig.forge.git("acme/demo", "log", "-1", "--format=%s", name)).toBe("theirs")
})

test.each([
  ["in the name of a file", `echo x > "key-${TOKEN}.txt"`, "the name of key-"],
  ["that attributes call binary", `printf '* -diff binary\\n' > .gitattributes; echo "key=${TOKEN}" > a`, "a:1"],
  [
    "in another encoding",
    `printf '*.txt working-tree-encoding=UTF-16\\n' > .gitattributes; echo "key=${TOKEN}" | iconv -t UTF-16 > u.txt`,
    "u.txt:1",
  ],
  ["in where a link leads", `ln -s "/tmp/${TOKEN}" link`, "link:1"],
])("a secret %s is found", async (_where, script, where) => {
  rig.agent(`${script}; ${FINISHED}`)
  const payload = rig.payload()
  const { outcome, printed } = await rig.run(payload)
  expect(outcome).toMatchObject({ status: "failed", failure: { kind: "secret-in-diff", where: expect.stringContaining(where) } })
  expect(printed).not.toContain(TOKEN)
  await expect(head(payload.repository.branch)).rejects.toThrow()
})

test.each([
  ["deleted", "rm .github/workflows/ci.yml", {}, [".github/workflows/ci.yml"]],
  ["moved away", "git mv .github/workflows/ci.yml elsewhere.yml", {}, [".github/workflows/ci.yml"]],
  ["of the project's own", "echo x >> docs/guide.md", { protectedPaths: ["docs/**"] }, ["docs/guide.md"]],
  ["turned into a link", "rm -rf .github/workflows; ln -s ../docs .github/workflows", {}, [".github/workflows/ci.yml"]],
])("a protected path may not be changed: %s", async (_how, script, given, paths) => {
  rig.agent(`${script}; ${FINISHED}`)
  expect((await rig.run(rig.payload(settings(given)))).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "protected-path", paths },
  })
})

test.each([
  ["when all may be changed", "echo x >> .github/workflows/ci.yml", { allowProtectedPaths: true }, ".github/workflows/ci.yml"],
  ["when the project protects others", "echo x >> .github/workflows/ci.yml", { protectedPaths: ["docs/**"] }, ".github/workflows/ci.yml"],
])("a path that is protected elsewhere is pushed %s", async (_when, script, given, path) => {
  rig.agent(`${script}; ${FINISHED}`)
  expect((await rig.run(rig.payload(settings(given)))).outcome).toMatchObject({ status: "succeeded", changedFiles: [path] })
})

test("the setup command runs in the clone before the agent, and what it leaves is part of the work", async () => {
  rig.agent(`test "$(cat made)" = "# demo" || exit 9; rm made; echo x > after; ${FINISHED}`)
  const payload = rig.payload(settings({ setupCommand: "cp README.md made" }))
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded", changedFiles: ["after"] })
})

test.each([
  ["as many files as allowed", 2, "succeeded"],
  ["one more", 1, "failed"],
])("a change of %s", async (_what, maxChanges, status) => {
  rig.agent(`echo ${status} > README.md; mkdir new; echo x > new/file; ${FINISHED}`)
  const limits = { maxExecutionMs: 60_000, maxChanges }
  expect((await rig.run(rig.payload({ limits }))).outcome).toMatchObject({ status })
})

test.each([
  ["are told and stop nothing", false, "succeeded"],
  ["stop the push where they must pass", true, "failed"],
])("tests that fail %s", async (_what, requirePassingTests, status) => {
  rig.agent(`echo ${status} > tested; ${FINISHED}`)
  const payload = rig.payload(settings({ testCommand: "cat tested; exit 3", requirePassingTests }))
  const { outcome, events } = await rig.run(payload)
  expect(outcome).toMatchObject({ status })
  expect(events).toContainEqual(expect.objectContaining({ kind: "notice", code: "tests-failed", text: "cat tested; exit 3: exit code 3" }))
  if (status === "succeeded") {
    const [pull] = (await rig.forge.pullRequests("acme/demo")).filter((one) => one.head.ref === payload.repository.branch)
    expect(pull?.body).toContain("`cat tested; exit 3` failed with exit code 3")
  }
})
