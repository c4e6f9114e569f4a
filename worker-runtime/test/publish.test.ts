// Steps 5, 7 and 8 against real git over HTTP and the forge's REST API; the agent is a script that does its worst.
import { afterAll, beforeAll, expect, test } from "vitest"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { FINISHED, READ_ONLY_SECRETS, TOKEN, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ "README.md": "# demo\n", "src/a.txt": "one\n", ".gitignore": "ignored\n" })
})
afterAll(() => rig.close())

const head = (branch: string) => rig.forge.git("acme/demo", "rev-parse", `refs/heads/${branch}`)
const settings = (given: object) => ({ project: { name: "Demo", slug: "demo", settings: given } })

test("new, changed and deleted files become one commit and one pull request", async () => {
  rig.agent(`echo two >> src/a.txt; mkdir new; echo n > new/file; echo i > ignored; rm README.md
printf 'feat: add a file\\n\\nIt was missing.\\n' > "$VIBERATOR_OUTPUT/pull-request.md"; ${FINISHED}`)
  const payload = rig.payload()
  const { exitCode, outcome, events } = await rig.run(payload)
  expect(exitCode).toBe(0)
  expect(outcome).toMatchObject({
    status: "succeeded",
    changedFiles: ["README.md", "new/file", "src/a.txt"],
    branch: payload.repository.branch,
    pullRequest: { number: 1 },
    agentVersion: "2.1.328",
  })
  expect(await rig.forge.git("acme/demo", "log", "-1", "--format=%s|%an|%P", payload.repository.branch)).toBe(
    `feat: add a file|Clank|${await head("main")}`,
  )
  expect(await rig.forge.pullRequests("acme/demo")).toMatchObject([{ title: "feat: add a file", state: "open" }])
  const order = events.flatMap((event) =>
    event.kind === "step" && event.state === "intent"
      ? [`intent ${event.step}`]
      : event.kind === "pushed" || event.kind === "pull-request"
        ? [event.kind]
        : [],
  )
  expect(order).toEqual(["intent commit-and-push", "pushed", "intent open-pull-request", "pull-request"])
})

test("a second run goes on from the ticket's branch and updates its pull request", async () => {
  const { repository } = rig.payload()
  rig.agent(`echo first > b; ${FINISHED}`)
  await rig.run(rig.payload({ repository }))
  rig.agent(`test -f b || exit 9; echo second > b; ${FINISHED}`)
  const { outcome, events } = await rig.run(rig.payload({ repository }))
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["b"] })
  expect(events).toContainEqual(expect.objectContaining({ kind: "pull-request", action: "updated" }))
  expect(await rig.forge.git("acme/demo", "rev-list", "--count", `main..${repository.branch}`)).toBe("2")
})

test("what a hostile agent wrote into .git runs nothing and changes nothing of ours", async () => {
  const proof = join(rig.folder, "proof")
  const touch = `#!/bin/sh\\necho ran >> ${proof}\\n`
  rig.agent(`for hook in pre-commit pre-push post-checkout reference-transaction pre-receive; do printf '${touch}' > .git/hooks-$hook; mkdir -p .git/hooks; cp .git/hooks-$hook .git/hooks/$hook; chmod +x .git/hooks/$hook; done
printf '${touch}' > "$HOME/evil.sh"; chmod +x "$HOME/evil.sh"
git config core.fsmonitor "$HOME/evil.sh"; git config core.sshCommand "$HOME/evil.sh"; git config credential.helper "!$HOME/evil.sh"
git config filter.evil.clean "$HOME/evil.sh"; git config diff.evil.textconv "$HOME/evil.sh"; git config diff.external "$HOME/evil.sh"
git config url."http://127.0.0.1:9/".insteadOf http://; git config remote.origin.url http://127.0.0.1:9/x
cp .git/config "$HOME/.gitconfig"; cp .git/config "$HOME/../own/.gitconfig"; cp "$HOME/evil.sh" "$HOME/../own/askpass.sh"
printf 'machine 127.0.0.1 login x-access-token password wrong\\n' > "$HOME/../own/.netrc"; mkdir -p "$HOME/../own/publish.git"; cp -r .git/hooks .git/config "$HOME/../own/publish.git/"; rm -f ${proof}
printf '* filter=evil diff=evil\\n' > .gitattributes; echo changed > src/a.txt
mkdir -p nested && cd nested && git init -q . && git config core.fsmonitor "$HOME/evil.sh" && echo n > n.txt && git -c user.name=x -c user.email=x@x -c core.fsmonitor=false add . && git -c user.name=x -c user.email=x@x -c core.fsmonitor=false -c core.hooksPath=/dev/null commit -qm x; cd ..
printf '[submodule "nested"]\\n\\tpath = nested\\n\\turl = ext::sh -c evil\\n\\tignore = none\\n' > .gitmodules; rm -f ${proof}
${FINISHED}`)
  const payload = rig.payload()
  const { outcome } = await rig.run(payload)
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: [".gitattributes", ".gitmodules", "nested/n.txt", "src/a.txt"] })
  expect(existsSync(proof)).toBe(false)
  expect(await rig.forge.git("acme/demo", "show", `${payload.repository.branch}:src/a.txt`)).toBe("changed")
})

test("the token is nowhere that the agent can look", async () => {
  rig.agent(
    `{ env | grep -v ANTHROPIC; cat .git/config "$HOME/.gitconfig"; git remote -v; grep -rl ${TOKEN} "$HOME/.." | sed s/^/LEAK:/; } > seen.txt; ${FINISHED}`,
  )
  const payload = rig.payload()
  const { outcome, printed } = await rig.run(payload)
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["seen.txt"] })
  const seen = await rig.forge.git("acme/demo", "show", `${payload.repository.branch}:seen.txt`)
  expect(seen).toContain("VIBERATOR_MARK=")
  expect(seen).not.toMatch(/LEAK|TOKEN|AWS_|LAUNCH/)
  expect(printed).not.toContain(TOKEN)
})

/** Writes over every helper and configuration of ours that it can find; with an argument for as long as it may. */
const THIEF = (proof: string) => `trap '' TERM HUP
while :; do
  for own in ../publish-*; do
    [ -d "$own" ] || continue
    printf '#!/bin/sh\\nprintf "%%s\\\\n" "$VIBERATOR_GIT_TOKEN" | tee -a ${proof}\\n' > "$own/askpass.sh"; chmod 700 "$own/askpass.sh"
    [ -d "$own/publish.git" ] && printf '[credential]\\n\\thelper = "!f() { echo $VIBERATOR_GIT_TOKEN >> ${proof}; }; f"\\n' >> "$own/publish.git/config"
  done
  [ "$1" = loop ] || exit 0
  sleep 0.01
done
`

test.each([
  ["itself", "sh $THIEF"],
  ["from a background process that loops", "sh $THIEF loop & sleep 0.3"],
  ["from a session of its own that loops", "setsid sh $THIEF loop > /dev/null 2>&1 & sleep 0.3"],
])("a test that writes over our git helper and configuration gets no token and changes no push: %s", async (how, command) => {
  const [proof, thief] = [join(rig.folder, `proof ${how}`.replaceAll(" ", "-")), join(rig.folder, "thief.sh")]
  writeFileSync(thief, THIEF(proof))
  rig.agent(`echo mine > t; ${FINISHED}`)
  const payload = rig.payload(settings({ testCommand: `THIEF=${thief}; ${command}`, requirePassingTests: true }))
  const { outcome, events } = await rig.run(payload)
  expect(existsSync(proof)).toBe(false)
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["t"] })
  expect(events).toContainEqual(expect.objectContaining({ kind: "notice", code: "tests-passed" }))
  expect(await rig.forge.git("acme/demo", "show", `${payload.repository.branch}:t`)).toBe("mine")
})

test("tests run before the change is scanned and pushed, and what they leave behind or spoil is no part of it", async () => {
  const big = `head -c 3000000 /dev/urandom > big; git rev-parse HEAD > /dev/null`
  rig.agent(`echo mine > t; ${big}; ${FINISHED}`)
  const testCommand = `ls -d ../publish-* && exit 9; echo spoilt > t; echo "key=${TOKEN}" > left; rm -rf .git src; exit 1`
  const payload = rig.payload(settings({ testCommand }))
  const { outcome, events } = await rig.run(payload)
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["big", "t"] })
  expect(events).toContainEqual(expect.objectContaining({ code: "tests-failed", text: expect.stringContaining("exit code 1") }))
  expect(await rig.forge.git("acme/demo", "show", `${payload.repository.branch}:t`)).toBe("mine")
  const order = events.flatMap((event) =>
    event.kind === "pushed" || (event.kind === "notice" && event.code === "tests-failed") ? [event.kind] : [],
  )
  expect(order).toEqual(["notice", "pushed"])
})

test("a change of so many files that their list is too long still succeeds, with their count", async () => {
  const folder = "d".repeat(200)
  rig.agent(`mkdir -p ${folder}; for n in $(seq 2500); do : > "${folder}/${"f".repeat(200)}$n"; done; ${FINISHED}`)
  const { outcome } = await rig.run(rig.payload())
  expect(outcome).toMatchObject({ status: "succeeded", note: expect.stringContaining("2500 files changed"), commit: expect.any(String) })
  expect(outcome).not.toHaveProperty("changedFiles")
})

test("a document that is too long is cut where everybody sees it, a secret at the cut as a whole", async () => {
  const job = { ...rig.payload().job, kind: "research" as const }
  rig.agent(
    `{ head -c 524180 /dev/zero | tr '\\0' x; echo ${TOKEN}; head -c 100000 /dev/zero | tr '\\0' y; } > "$VIBERATOR_OUTPUT/document.md"; ${FINISHED}`,
  )
  const { outcome } = await rig.run(rig.payload({ job }))
  const document = outcome?.status === "succeeded" ? (outcome.document ?? "") : ""
  expect(document).toMatch(/\[… \d+ more bytes were cut\]$/)
  expect(Buffer.byteLength(document)).toBeLessThanOrEqual(524_288)
  expect(document).not.toContain(TOKEN.slice(0, 4))
})

test("a repository whose host is written with capitals is cloned and pushed to", async () => {
  rig.agent(`echo x > capitals; ${FINISHED}`)
  const payload = rig.payload()
  const url = payload.repository.url.replace("127.0.0.1", "LocalHost")
  const { outcome } = await rig.run({ ...payload, repository: { ...payload.repository, url } })
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["capitals"] })
})

test("a pull request of the ticket that the forge does not know counts as none", async () => {
  rig.agent(`echo x > unknown; ${FINISHED}`)
  const payload = rig.payload()
  const { pullRequest } = payload.repository
  if (pullRequest === undefined) throw new Error("The rig's payload asks for a pull request.")
  const { outcome, events } = await rig.run({
    ...payload,
    repository: { ...payload.repository, pullRequest: { ...pullRequest, existing: 987_654 } },
  })
  expect(outcome).toMatchObject({ status: "succeeded", pullRequest: { number: expect.any(Number) } })
  expect(events).toContainEqual(expect.objectContaining({ kind: "pull-request", action: "created" }))
})

test("a secret where the summary is cut leaves no half in the commit or the pull request", async () => {
  rig.agent(
    `{ echo 'feat: long'; echo; head -c 9990 /dev/zero | tr '\\0' x; echo ${TOKEN}; } > "$VIBERATOR_OUTPUT/pull-request.md"; echo x > cut; ${FINISHED}`,
  )
  const payload = rig.payload()
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded" })
  expect(await rig.forge.git("acme/demo", "log", "-1", "--format=%B", payload.repository.branch)).not.toContain(TOKEN.slice(0, 8))
  expect(JSON.stringify(await rig.forge.pullRequests("acme/demo"))).not.toContain(TOKEN.slice(0, 8))
})

test("somebody else's push meanwhile: theirs stays, ours is saved beside it", async () => {
  const payload = rig.payload()
  const { branch } = payload.repository
  const bare = rig.forge.bare("acme/demo")
  rig.agent(
    `theirs=$(git -C ${bare} -c user.name=p -c user.email=p@p commit-tree main^{tree} -p main -m theirs); git -C ${bare} update-ref refs/heads/${branch} $theirs; echo x > c; ${FINISHED}`,
  )
  const { outcome, events } = await rig.run(payload)
  const savedAs = `${branch}--${payload.job.id.slice(-8)}`
  expect(outcome).toMatchObject({ status: "failed", failure: { kind: "branch-diverged", step: "commit-and-push", savedAs } })
  expect(events).toContainEqual(expect.objectContaining({ kind: "pushed", branch: savedAs }))
  expect(await rig.forge.git("acme/demo", "log", "-1", "--format=%s", branch)).toBe("theirs")
  expect(await rig.forge.git("acme/demo", "show", `${savedAs}:c`)).toBe("x")
})

test("a base branch that moved meanwhile is not reverted by our commit", async () => {
  const payload = rig.payload()
  const before = await head("main")
  const bare = rig.forge.bare("acme/demo")
  rig.agent(
    `tree=$(git -C ${bare} rev-parse main^{tree}); new=$(git -C ${bare} -c user.name=p -c user.email=p@p commit-tree $tree -p main -m moved); git -C ${bare} update-ref refs/heads/main $new; echo x > d; ${FINISHED}`,
  )
  const { outcome } = await rig.run(payload)
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["d"], baseCommit: before })
  expect(await rig.forge.git("acme/demo", "rev-parse", `${payload.repository.branch}^`)).toBe(before)
})

test("a token that may only read: the push is rejected with the forge's words", async () => {
  rig.agent(`echo x > e; ${FINISHED}`)
  const before = await rig.forge.pullRequests("acme/demo")
  const { outcome } = await rig.run(rig.payload({ secrets: READ_ONLY_SECRETS }))
  expect(outcome).toMatchObject({ status: "failed", failure: { kind: "push-rejected", detail: expect.stringContaining("403") } })
  expect(await rig.forge.pullRequests("acme/demo")).toHaveLength(before.length)
})

test("a forge that is away for a moment is asked again", async () => {
  rig.agent(`echo x > f; ${FINISHED}`)
  rig.forge.fault({ method: "POST", path: "git-receive-pack" }, { status: 503 })
  rig.forge.fault({ method: "POST", path: "/pulls" }, { status: 502 })
  expect((await rig.run(rig.payload())).outcome).toMatchObject({ status: "succeeded", pullRequest: { number: expect.any(Number) } })
})

test("a refused pull request keeps the push and the forge's words", async () => {
  rig.agent(`echo x > g; ${FINISHED}`)
  rig.forge.fault(
    { method: "POST", path: "/pulls" },
    { status: 422, body: JSON.stringify({ message: "Validation Failed", errors: [{ message: "not today" }] }) },
  )
  const payload = rig.payload()
  const { outcome } = await rig.run(payload)
  expect(outcome).toMatchObject({
    status: "failed",
    branch: payload.repository.branch,
    failure: { kind: "pull-request-rejected", status: 422, detail: expect.stringContaining("not today") },
  })
  // What a retry does then: no new commit, but the branch is ahead and still lacks its pull request.
  rig.agent(FINISHED)
  expect((await rig.run(rig.payload({ repository: payload.repository }))).outcome).toMatchObject({
    status: "succeeded",
    changedFiles: ["g"],
    pullRequest: { number: expect.any(Number) },
  })
})

test.each([
  ["nothing", "true", {}, { kind: "no-changes" }],
  [
    "a workflow",
    "mkdir -p .github/workflows; echo x > .github/workflows/ci.yml",
    {},
    { kind: "protected-path", paths: [".github/workflows/ci.yml"] },
  ],
  ["a secret", `echo "key=${TOKEN}" > h`, {}, { kind: "secret-in-diff", where: "h:1" }],
  [
    "a change that fails the tests",
    "echo x > i",
    settings({ testCommand: "echo broken; exit 3", requirePassingTests: true }),
    { kind: "tests-failed", lastLines: ["broken"] },
  ],
  ["a setup that fails", "true", settings({ setupCommand: "echo no; exit 4" }), { kind: "setup-failed", exitCode: 4, step: "clone" }],
  [
    "too much",
    "echo x > j; echo y > k",
    { limits: { maxExecutionMs: 60_000, maxChanges: 1 } },
    { kind: "too-many-changes", limit: 1, actual: 2 },
  ],
])("%s is not pushed", async (_what, script, change, failure) => {
  rig.agent(`${script}; ${FINISHED}`)
  const payload = rig.payload(change)
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "failed", failure })
  await expect(head(payload.repository.branch)).rejects.toThrow()
})

test.each([
  ["auth", "acme/demo", "main", "ghp_wrongwrongwrongwrongwrong"],
  ["not-found", "acme/nothing", "main", TOKEN],
  ["branch", "acme/demo", "nowhere", TOKEN],
])("a clone that fails says why: %s", async (hint, name, baseBranch, value) => {
  const payload = rig.payload({
    secrets: READ_ONLY_SECRETS?.map((secret) => (secret.use === "scm" ? { ...secret, from: "value", value } : secret)),
  })
  const repository = { ...payload.repository, baseBranch, url: rig.forge.cloneUrl(name) }
  expect((await rig.run({ ...payload, repository })).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "clone-failed", step: "clone", hint },
  })
})

test("research is a document; its changes to the tree are discarded", async () => {
  const job = { ...rig.payload().job, kind: "research" as const }
  rig.agent(`echo x > l; printf '# Found\\n' > "$VIBERATOR_OUTPUT/document.md"; ${FINISHED}`)
  expect((await rig.run(rig.payload({ job }))).outcome).toMatchObject({ status: "succeeded", document: "# Found", summary: "All done." })
  rig.agent(FINISHED)
  expect((await rig.run(rig.payload({ job }))).outcome).toMatchObject({ status: "succeeded", document: "All done." })
  rig.agent(`ln -s /etc/passwd "$VIBERATOR_OUTPUT/document.md"; echo '{"type":"result","is_error":false,"result":""}'`)
  expect((await rig.run(rig.payload({ job }))).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "no-document", step: "run-agent" },
  })
})
