// Git LFS with the real git-lfs against the forge's batch API, and what attributes may not do to files that nobody touched.
import { createHash } from "node:crypto"
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { findProgram, toolPathOf } from "../platform/tools.ts"
import { again, attempt, sessionCli } from "./attempts.ts"
import { FINISHED, inRepository, READ_ONLY_SECRETS, startRig, TOKEN } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
let evilUrl = ""
const asked: string[] = []
const listener = createServer((request, response) => {
  asked.push(`${request.url} ${JSON.stringify(request.headers)}`)
  response.writeHead(401, { "www-authenticate": 'Basic realm="evil"' }).end()
})
const BIG = "the first picture\n".repeat(100)
const OLD = "another picture\n"

beforeAll(async () => {
  rig = await startRig()
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  const address = listener.address()
  evilUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
  await rig.forge.createRepository({
    name: "acme/art",
    files: {
      "README.md": "# art\n",
      ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
      // What the repository itself says of the server must not lead the token anywhere.
      ".lfsconfig": `[lfs]\n\turl = ${evilUrl}/lfs\n\tpushurl = ${evilUrl}/push\n[lfs "extension.evil"]\n\tclean = touch ${rig.folder}/ran\n\tsmudge = touch ${rig.folder}/ran\n`,
      "a.bin": await rig.forge.storeLarge("acme/art", BIG),
      "b.bin": await rig.forge.storeLarge("acme/art", OLD),
      "raw.bin": "in the repository itself, though it should not be\n",
    },
  })
})
afterAll(async () => {
  listener.closeAllConnections()
  listener.close()
  await rig.close()
})

const artPayload = (settings: object = { lfs: true }, more = {}) =>
  inRepository(rig.payload({ project: { name: "Art", slug: "art", settings }, ...more }), rig.forge.cloneUrl("acme/art"))
const show = (branch: string, path: string) => rig.forge.git("acme/art", "show", `${branch}:${path}`)
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")
const stored = (oid: string) => existsSync(join(rig.folder, "forge/git/lfs/acme/art", oid))

test("files of LFS are there for the agent; changed and new ones are uploaded and become pointers, others stay", async () => {
  rig.agent(
    `cat a.bin > seen; git status --porcelain >> seen; echo more >> a.bin; echo new > c.bin; rm -rf .git/lfs; git lfs fetch < /dev/null > /dev/null 2>&1; ${FINISHED}`,
  )
  const payload = artPayload()
  const { branch } = payload.repository
  asked.length = 0
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded", changedFiles: ["a.bin", "c.bin", "seen"] })
  expect(await show(branch, "seen")).toBe(`${BIG} M raw.bin\n?? seen`)
  const oid = sha256(`${BIG}more\n`)
  expect(await show(branch, "a.bin")).toBe(`version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${BIG.length + 5}`)
  expect(await show(branch, "c.bin")).toContain(`oid sha256:${sha256("new\n")}`)
  expect([oid, sha256("new\n")].map(stored)).toEqual([true, true])
  // The agent's own git-lfs, which was told nothing, asked the repository's server: the trap works.
  expect(asked.length).toBeGreaterThan(0)
  expect(asked.join("\n")).not.toMatch(new RegExp(`${TOKEN}|${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`))
  expect(existsSync(join(rig.folder, "ran"))).toBe(false)
})

test("our own git-lfs does not ask the server that the repository names", async () => {
  rig.agent(`echo x > d.bin; ${FINISHED}`)
  asked.length = 0
  expect((await rig.run(artPayload())).outcome).toMatchObject({ status: "succeeded", changedFiles: ["d.bin"] })
  expect(asked).toEqual([])
})

test("an agent's own git-lfs and filters are not run when its work is published", async () => {
  const evil = `printf '#!/bin/sh\\necho ran >> ${rig.folder}/ran-lfs\\nexec /usr/bin/git-lfs "$@"\\n' > "\${0%/*}/git-lfs"; chmod +x "\${0%/*}/git-lfs"`
  rig.agent(
    `${evil}; git config filter.lfs.clean "touch ${rig.folder}/ran-lfs; cat"; git config lfs.customtransfer.evil.path "\${0%/*}/git-lfs"; git config lfs.standalonetransferagent evil; cp .git/config .lfsconfig
echo mine > mine.bin; git add mine.bin; mv ${rig.folder}/ran-lfs ${rig.folder}/shown-lfs; ${FINISHED}`,
  )
  const payload = artPayload()
  const { outcome } = await rig.run(payload)
  rmSync(join(rig.folder, "bin/git-lfs"))
  expect(existsSync(join(rig.folder, "shown-lfs")), "plain git did not fall for it").toBe(true)
  expect(existsSync(join(rig.folder, "ran-lfs"))).toBe(false)
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: [".lfsconfig", "mine.bin"] })
  expect(stored(sha256("mine\n"))).toBe(true)
})

test("what LFS takes survives the tests, whatever they do to it", async () => {
  rig.agent(`echo tested > e.bin; ${FINISHED}`)
  const payload = artPayload({ lfs: true, testCommand: "echo spoilt > e.bin; rm -rf ../publish-* .git" })
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded", changedFiles: ["e.bin"] })
  expect(await show(payload.repository.branch, "e.bin")).toContain(sha256("tested\n"))
  expect(stored(sha256("tested\n"))).toBe(true)
})

test("a checkpoint keeps what was changed of such files, and the next attempt has all of them", async () => {
  sessionCli(rig, `echo half >> a.bin; rm README.md; exit 3`)
  const first = await attempt(rig, { payload: artPayload() })
  const bundle = first.files.get(first.kept?.artifact ?? "")
  expect(bundle).toBeDefined()
  const bare = join(rig.folder, "kept.git")
  const git = (...args: string[]) => execFileSync("git", args, { cwd: rig.folder, encoding: "utf8" })
  git("clone", "--quiet", "--bare", rig.forge.bare("acme/art"), bare)
  writeFileSync(join(rig.folder, "kept.bundle"), bundle ?? "")
  git(`--git-dir=${bare}`, "fetch", "--quiet", join(rig.folder, "kept.bundle"), "refs/checkpoint/work")
  expect(git(`--git-dir=${bare}`, "diff", "--name-only", "main", "FETCH_HEAD")).toBe("README.md\na.bin\n")
  sessionCli(rig, `cat a.bin b.bin > seen; ${FINISHED}`)
  const second = await attempt(rig, { payload: again(first), from: first })
  expect(second.outcome).toMatchObject({ status: "succeeded", changedFiles: ["README.md", "a.bin", "seen"] })
  const { branch } = first.payload.repository
  expect(await show(branch, "seen")).toBe(`${BIG}half\n${OLD.trim()}`)
  expect(await show(branch, "a.bin")).toContain(sha256(`${BIG}half\n`))
})

test("a secret in a file that LFS takes is found", async () => {
  rig.agent(`{ head -c 5000000 /dev/urandom; echo "key=${TOKEN}"; } > secret.bin; ${FINISHED}`)
  expect((await rig.run(artPayload())).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "secret-in-diff", where: "secret.bin", step: "commit-and-push" },
  })
})

test.each([
  ["a new one", "echo raw > new.bin", "new.bin"],
  ["a changed one", "echo raw > a.bin", "a.bin"],
  ["one by attributes of the agent", `echo '*.dat filter=lfs' >> .gitattributes; echo raw > x.dat`, "x.dat"],
])("a file of LFS is not committed as it is by a project without LFS: %s", async (_what, script, path) => {
  rig.agent(`${script}; ${FINISHED}`)
  const payload = artPayload({})
  expect((await rig.run(payload)).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "lfs-failed", reason: "not-enabled", detail: path, step: "commit-and-push" },
  })
  await expect(show(payload.repository.branch, "README.md")).rejects.toThrow()
})

test("once the project has LFS, a retry publishes the same work, and runs no agent", async () => {
  sessionCli(rig, `echo later > later.bin; ${FINISHED}`)
  const refused = await attempt(rig, { payload: artPayload({}) })
  expect(refused.outcome).toMatchObject({ status: "failed", failure: { kind: "lfs-failed", reason: "not-enabled" } })
  const { branch } = refused.payload.repository
  const retry = artPayload()
  rig.agent("exit 9")
  const payload = { ...retry, repository: { ...retry.repository, branch } }
  const retried = await attempt(rig, { payload, from: refused, resume: { startAt: "commit-and-push" } })
  expect(retried.outcome).toMatchObject({ status: "succeeded", changedFiles: ["later.bin"] })
  expect(await show(branch, "later.bin")).toContain(sha256("later\n"))
  expect(stored(sha256("later\n"))).toBe(true)
})

test("a project without LFS works on the rest of such a repository, also on what is no pointer there", async () => {
  rig.agent(`echo more >> README.md; echo more >> raw.bin; rm b.bin; ${FINISHED}`)
  expect((await rig.run(artPayload({}))).outcome).toMatchObject({ status: "succeeded", changedFiles: ["README.md", "b.bin", "raw.bin"] })
})

test("without git-lfs the job ends before the clone, and says so", async () => {
  const bin = join(rig.folder, "without-lfs")
  mkdirSync(bin)
  for (const name of ["git", "sh", "sed", "tar"]) symlinkSync(findProgram(name, process.env["PATH"] ?? "") ?? "", join(bin, name))
  rig.agent(FINISHED)
  const { outcome, events } = await rig.run(artPayload(), { env: { toolPath: toolPathOf(bin) } })
  expect(outcome).toMatchObject({ status: "failed", failure: { kind: "lfs-failed", reason: "not-installed", step: "clone" } })
  expect(events).not.toContainEqual(expect.objectContaining({ kind: "step", step: "run-agent" }))
})

test("content that the forge does not have ends the job at the clone", async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 5\n`
  await rig.forge.createRepository({ name: "acme/lost", files: { ".gitattributes": "*.bin filter=lfs\n", "a.bin": pointer } })
  rig.agent(FINISHED)
  const payload = inRepository(artPayload(), rig.forge.cloneUrl("acme/lost"))
  expect((await rig.run(payload)).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "lfs-failed", reason: "download", step: "clone", detail: expect.stringContaining("Object does not exist") },
  })
})

test("content that the forge does not take: nothing is pushed", async () => {
  rig.agent(`echo refused > f.bin; ${FINISHED}`)
  const payload = artPayload({ lfs: true }, { secrets: READ_ONLY_SECRETS })
  expect((await rig.run(payload)).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "lfs-failed", reason: "upload", step: "commit-and-push", detail: expect.stringMatching(/denied|403|forbidden/i) },
  })
  await expect(show(payload.repository.branch, "f.bin")).rejects.toThrow()
})

test("a file that the forge would not take is named before the push", async () => {
  rig.agent(`truncate -s 101M huge.dat; ${FINISHED}`)
  const payload = artPayload({})
  expect((await rig.run(payload)).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "change-too-large", path: "huge.dat", actual: 101 * 1024 * 1024, limit: 100 * 1024 * 1024 },
  })
})

test("line endings and filters change no file that nobody touched", async () => {
  const files = { "README.md": "# mixed\n", "a.txt": "one\r\ntwo\r\n", "b.txt": "one\r\n", "raw.bin": "raw\n", "run.sh": "x\n" }
  await rig.forge.createRepository({ name: "acme/mixed", files: { ...files, ".gitattributes": "*.txt text\n*.bin filter=lfs\n" } })
  for (const settings of [{}, { lfs: true }]) {
    rig.agent(`echo three >> b.txt; chmod +x run.sh; ${FINISHED}`)
    const payload = inRepository(artPayload(settings), rig.forge.cloneUrl("acme/mixed"))
    expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded", changedFiles: ["b.txt", "run.sh"] })
    // Touched, so written as the attributes say.
    expect(await rig.forge.git("acme/mixed", "show", `${payload.repository.branch}:b.txt`)).toBe("one\nthree")
  }
})
