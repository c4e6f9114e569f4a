// Checkpoints: made while the agent works and when it ends, from whatever it has done to its repository.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Attempt, attempt, SESSION_ID, sessionCli, STATE_KEY } from "./attempts.ts"
import { openSession } from "../platform/session-archive.ts"
import { FINISHED, startRig, TOKEN } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
beforeAll(async () => {
  rig = await startRig({
    "README.md": "# demo\n",
    "src/a.txt": "one\n",
    "src/run.sh": "#!/bin/sh\n",
    ".gitignore": "ignored\nnode_modules/\n",
  })
})
afterAll(() => rig.close())

let repositories = 0
/** A clone of the forge's repository with what the checkpoint holds. */
function unbundled({ kept, files }: Attempt): { git: (...args: string[]) => string; files: (ref: string) => string[] } {
  const bundle = files.get(kept?.artifact ?? "")
  if (bundle === undefined) throw new Error("There is no checkpoint.")
  const folder = join(rig.folder, `unbundled-${repositories++}`)
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim()
  mkdirSync(folder)
  git("clone", "--quiet", "--bare", rig.forge.bare("acme/demo"), ".")
  writeFileSync(join(folder, "kept.bundle"), bundle)
  git("fetch", "--quiet", "kept.bundle", "refs/checkpoint/*:refs/checkpoint/*")
  git("fsck", "--strict")
  return { git, files: (ref) => git("ls-tree", "-r", "--name-only", `refs/checkpoint/${ref}`).split("\n") }
}

const WAITS = `while [ ! -e "$HOME/go" ]; do sleep 0.05; done`
/** Lets a waiting script go on, as the agent of this attempt. */
const letGo = (jobId: string) => writeFileSync(join(rig.env().workDirectory, jobId, "home", "go"), "")

test("is made on the clock, again and again in two places by turns, of all that is no ignored file; the agent's git is not touched", async () => {
  const look = `{ find .git -type f -exec sha256sum {} + | sort; ls -l --time-style=full-iso .git/index .git; }`
  rig.agent(`printf 'two\\n' >> src/a.txt; rm README.md; chmod +x src/run.sh; ln -s src/a.txt link; mkdir new node_modules; echo n > new/file; echo i > ignored; echo m > node_modules/m
mkdir -p nested/deeper && cd nested && git init -q . && echo n > n.txt && git -c user.name=x -c user.email=x@x add . && cd deeper && git init -q . && echo d > "d t.txt" && cd ../..
printf 'feat: so far\\n' > "$VIBERATOR_OUTPUT/pull-request.md"; git add new; ${look} > "$HOME/before"
${WAITS}; ${look} > "$HOME/after"; diff "$HOME/before" "$HOME/after" >&2 || exit 9; ${FINISHED}`)
  const payload = rig.payload()
  const done = await attempt(rig, {
    payload,
    checkpointMs: 100,
    on: (event) => event.kind === "checkpoint" && event.artifact === "checkpoint-b.bundle" && letGo(payload.job.id),
  })
  expect(done.outcome).toMatchObject({ status: "succeeded" })
  const artifacts = done.events.flatMap((event) => (event.kind === "checkpoint" ? [event.artifact] : []))
  expect(artifacts.slice(0, 3)).toEqual(["checkpoint-a.bundle", "checkpoint-b.bundle", "checkpoint-a.bundle"])
  expect(done.kept).toMatchObject({ finished: true })
  expect(done.events.filter((event) => event.kind === "checkpoint" && event.finished).length).toBe(1)
  const { git, files } = unbundled(done)
  expect(files("work")).toEqual([".gitignore", "link", "nested/deeper/d t.txt", "nested/n.txt", "new/file", "src/a.txt", "src/run.sh"])
  expect(git("show", "refs/checkpoint/work:src/a.txt")).toBe("one\ntwo")
  expect(git("ls-tree", "refs/checkpoint/work", "link", "src/run.sh")).toMatch(/^120000 .*\tlink\n100755 .*\tsrc\/run\.sh$/)
  expect(git("rev-parse", "refs/checkpoint/work^")).toBe(await rig.forge.git("acme/demo", "rev-parse", "main"))
  expect(git("rev-parse", "refs/checkpoint/work")).toBe(done.kept?.commit)
  expect(files("output")).toEqual(["pull-request.md"])
  expect(git("log", "-1", "--format=%B", "refs/checkpoint/work")).toBe("All done.")
})

test("what a hostile agent wrote into its repository runs nothing and leaves nothing out", async () => {
  const proof = join(rig.folder, "proof")
  const touch = `#!/bin/sh\\necho ran >> ${proof}\\n`
  rig.agent(`printf '${touch}' > "$HOME/evil.sh"; chmod +x "$HOME/evil.sh"; mkdir -p .git/hooks nested
(cd nested && git init -q . && echo n > n.txt && git -c user.name=x -c user.email=x@x add . && git -c user.name=x -c user.email=x@x commit -qm x) || exit 8
for repository in . nested; do (cd $repository
  mkdir -p .git/hooks; for hook in pre-commit post-index-change reference-transaction post-checkout post-commit; do cp "$HOME/evil.sh" .git/hooks/$hook; done
  for name in core.fsmonitor filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.textconv diff.external; do git config $name "$HOME/evil.sh"; done
  git config core.hooksPath "$PWD/.git/hooks"; git config gc.auto 1; git config core.worktree /nowhere
); done
cp .git/config "$HOME/.gitconfig"; mkdir -p .git/objects/info ../base-objects/info; echo /nowhere/objects > .git/objects/info/alternates
echo /nowhere > ../base-objects/info/alternates; printf '* filter=evil diff=evil\\n' > .gitattributes; mkdir -p .git/info; printf 'src\\n' > .git/info/exclude
echo changed > src/a.txt; echo new > src/b.txt
printf '[submodule "nested"]\\n\\tpath = nested\\n\\turl = ext::sh -c evil\\n\\tignore = none\\n' > .gitmodules; rm -f ${proof}
${FINISHED}`)
  const done = await attempt(rig, { payload: rig.payload() })
  expect(existsSync(proof)).toBe(false)
  expect(done.notices).toEqual([])
  expect(unbundled(done).files("work")).toEqual([
    ".gitattributes",
    ".gitignore",
    ".gitmodules",
    "README.md",
    "nested/n.txt",
    "src/a.txt",
    "src/b.txt",
    "src/run.sh",
  ])
  const next = await attempt(rig, {
    payload: { ...done.payload, job: { ...done.payload.job, attempt: 2 } },
    from: done,
    resume: { startAt: "clone" },
  })
  expect(next.notices).toEqual([])
  expect(existsSync(proof)).toBe(false)
})

test.each([
  ["a stop of the control plane", { reason: "cancelled", graceMs: 10_000 }, null],
  ["TERM from the machine", null, { kind: "stop" as const, reason: "SIGTERM", graceMs: 25_000 }],
])("is made when %s ends the agent, before the last word", async (_what, order, machine) => {
  sessionCli(rig, `echo half > src/half.txt; say '{"type":"system","subtype":"x"}' ""; sleep 60`)
  let stopped = false
  const done = await attempt(rig, {
    payload: rig.payload(),
    on: (event, act) => {
      if (stopped || event.kind !== "log") return
      stopped = true
      if (order !== null) act.plane.stop = order
      if (machine !== null) act.machine(machine)
    },
  })
  expect(done.exitCode).toBe(0)
  expect(done.outcome).toMatchObject({ status: "stopped" })
  expect(done.kept).toMatchObject({ artifact: "checkpoint-a.bundle", agentState: "agent-state-a", agentVersion: "2.1.328" })
  expect(done.kept?.finished).toBeUndefined()
  expect(unbundled(done).git("show", "refs/checkpoint/work:src/half.txt")).toBe("half")
  const state = openSession(STATE_KEY, done.files.get("agent-state-a") ?? Buffer.alloc(0))
  expect(state?.header).toMatchObject({ agent: "claude-code", agentVersion: "2.1.328", sessionId: SESSION_ID })
  for (const file of done.files.values()) expect(file.includes("I was here")).toBe(false)
})

test("is made at the time limit, and when the agent fails; a fenced worker makes none", async () => {
  rig.agent(`echo half > half; echo '{"type":"system","subtype":"x"}'; sleep 60`)
  const late = await attempt(rig, { payload: rig.payload({ limits: { maxExecutionMs: 2_500 } }) })
  expect(late.outcome).toMatchObject({ status: "failed", failure: { kind: "agent-timeout" } })
  expect(unbundled(late).files("work")).toContain("half")
  rig.agent(`echo half > half; exit 3`)
  const failed = await attempt(rig, { payload: rig.payload() })
  expect(failed.outcome).toMatchObject({ status: "failed", failure: { kind: "agent-failed", exitCode: 3 } })
  expect(unbundled(failed).files("work")).toContain("half")
  rig.agent(`echo half > half; echo '{"type":"system","subtype":"x"}'; sleep 60`)
  const fenced = await attempt(rig, {
    payload: rig.payload(),
    on: (event, { machine }) => event.kind === "log" && machine({ kind: "fenced", reason: "another has it" }),
  })
  expect([fenced.exitCode, fenced.kept, fenced.files.size]).toEqual([75, undefined, 0])
})

test("of a document job that succeeded is not needed", async () => {
  rig.agent(FINISHED)
  const done = await attempt(rig, { payload: rig.payload({ job: { ...rig.payload().job, kind: "research" } }) })
  expect(done.outcome).toMatchObject({ status: "succeeded" })
  expect(done.kept).toBeUndefined()
})

test("is not made while the tree holds a known secret, whatever only looks like one; a notice names the file once", async () => {
  rig.agent(`echo "k=${TOKEN}" > leak.txt; ${WAITS}; ${FINISHED}`)
  const payload = rig.payload()
  let notices = 0
  const done = await attempt(rig, {
    payload,
    checkpointMs: 50,
    on: (event) =>
      event.kind === "notice" && event.code === "checkpoint-refused" && ++notices === 1 && setTimeout(() => letGo(payload.job.id), 500),
  })
  expect(done.notices.filter((notice) => notice.startsWith("checkpoint"))).toEqual([expect.stringContaining("checkpoint-refused: ")])
  expect(done.notices[0]).toContain("leak.txt:1")
  expect(done.kept).toBeUndefined()
  expect(done.outcome).toMatchObject({ failure: { kind: "secret-in-diff" } })
  rig.agent(`echo "k=ghp_zyxwvutsrqponmlkjihgfedcba98765" > looks.txt; echo "${TOKEN}" > ignored; ${FINISHED}`)
  const other = await attempt(rig, { payload: rig.payload() })
  expect(other.notices).toEqual([])
  expect(unbundled(other).files("work")).toContain("looks.txt")
  expect([...other.files.values()].some((file) => file.includes(TOKEN))).toBe(false)
})

test("that is too large is not made, and a notice says so", async () => {
  rig.agent(`head -c 140000000 /dev/zero > big; exit 3`)
  const done = await attempt(rig, {
    payload: rig.payload({ limits: { maxExecutionMs: 60_000 }, project: { name: "Demo", slug: "demo", settings: {} } }),
  })
  expect(done.notices).toContainEqual(expect.stringContaining("checkpoint-too-large: The work is not kept: it is larger than 90 MiB."))
  expect(done.kept).toBeUndefined()
}, 120_000)

test("with an agent that hides, breaks or blocks its tree, is given up with a notice, and the job goes on", async () => {
  rig.agent(`rm -rf ../base-objects; echo x > a; ${FINISHED}`)
  const broken = await attempt(rig, { payload: rig.payload() })
  expect(broken.notices).toContainEqual(expect.stringContaining("checkpoint-failed: "))
  expect(broken.outcome).toMatchObject({ status: "succeeded", changedFiles: ["a"] })
  expect(existsSync(join(rig.env().workDirectory, broken.payload.job.id))).toBe(false)
})

test("a repository without its old files (blobless) is kept and gone on with as well", async () => {
  const project = { name: "Demo", slug: "demo", settings: { blobless: true } }
  rig.agent(`echo more >> src/a.txt; exit 3`)
  const first = await attempt(rig, { payload: rig.payload({ project }) })
  expect(unbundled(first).git("show", "refs/checkpoint/work:src/a.txt")).toBe("one\nmore")
  rig.agent(`cat src/a.txt > seen; ${FINISHED}`)
  const second = await attempt(rig, { payload: first.payload, from: first })
  expect(second.outcome).toMatchObject({ status: "succeeded", resumed: "checkpoint", changedFiles: ["seen", "src/a.txt"] })
})

test("never follows the agent out of its folders", async () => {
  sessionCli(rig, `rm -rf "$HOME/.claude/projects"; ln -s /proc/${process.pid} "$HOME/.claude/projects"; exit 3`)
  const done = await attempt(rig, { payload: rig.payload() })
  expect(done.kept).toBeDefined()
  const state = done.kept?.agentState === undefined ? null : openSession(STATE_KEY, done.files.get(done.kept.agentState) ?? Buffer.alloc(0))
  const folder = join(rig.folder, "opened")
  mkdirSync(folder)
  if (state !== null) execFileSync("tar", ["-xzf", "-", "-C", folder], { input: state.archive })
  expect(existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : []).not.toContain(".claude/projects/environ")
  expect(readFileSync("/proc/self/environ", "latin1")).not.toBe("")
})
