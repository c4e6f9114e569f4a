// Submodules over real git HTTP: what a project that wants them gets, and where a `.gitmodules` may not lead.
import { createServer } from "node:http"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { FINISHED, inRepository, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
let elsewhere = ""
const asked: string[] = []
const listener = createServer((request, response) => {
  asked.push(`${request.url} ${JSON.stringify(request.headers)}`)
  response.writeHead(401, { "www-authenticate": 'Basic realm="evil"' }).end()
})

/** A commit on main with submodules at the heads of other repositories: path → [repository, address]. */
async function addSubmodules(name: string, modules: Readonly<Record<string, readonly [string, string]>>, more = ""): Promise<void> {
  const git = (...args: string[]) => rig.forge.git(name, ...args)
  const entries = Object.entries(modules)
  const text = entries.map(([path, [, url]]) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n${more}`)
  const file = join(rig.folder, "gitmodules")
  writeFileSync(file, text.join(""))
  const index = ["-c", "user.name=p", "-c", "user.email=p@p"]
  const blob = await git("hash-object", "-w", file)
  await git("read-tree", "main")
  await git("update-index", "--add", "--cacheinfo", `100644,${blob},.gitmodules`)
  for (const [path, [repository]] of entries)
    await git("update-index", "--add", "--cacheinfo", `160000,${await rig.forge.git(repository, "rev-parse", "main")},${path}`)
  const commit = await git(...index, "commit-tree", await git("write-tree"), "-p", "main", "-m", "submodules")
  await git("update-ref", "refs/heads/main", commit)
}

beforeAll(async () => {
  rig = await startRig({ "README.md": "# demo\n" })
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  const address = listener.address()
  elsewhere = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
  await rig.forge.createRepository({ name: "acme/lib", files: { "lib.txt": "library\n" } })
  await rig.forge.createRepository({ name: "acme/mid", files: { "mid.txt": "middle\n" } })
  await addSubmodules("acme/mid", { "deep/lib": ["acme/lib", "../lib.git"] })
  mkdirSync(join(rig.folder, "local"))
  await addSubmodules("acme/demo", {
    "libs/a": ["acme/lib", rig.forge.cloneUrl("acme/lib")],
    "libs/mid": ["acme/mid", "../mid.git"],
    other: ["acme/lib", `${elsewhere}/acme/lib.git`],
    command: ["acme/lib", `ext::touch ${rig.folder}/ran`],
    local: ["acme/lib", rig.forge.bare("acme/lib")],
  })
})
afterAll(async () => {
  listener.closeAllConnections()
  listener.close()
  await rig.close()
})

const withSubmodules = { project: { name: "Demo", slug: "demo", settings: { submodules: true } } }
/** What there is in the tree, and the mark of a command that ran. */
const LOOK = `find . -name .git -prune -o -type f -print | sort > "$HOME/seen"; ls "\${0%/*}/../ran" 2> /dev/null >> "$HOME/seen"; cp "$HOME/seen" seen.txt`

test("are fetched, and theirs, with the credential, from the repository's own host alone", async () => {
  rig.agent(`${LOOK}; git submodule status --recursive > status.txt; ${FINISHED}`)
  const payload = rig.payload(withSubmodules)
  const { outcome, events } = await rig.run(payload)
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["seen.txt", "status.txt"] })
  const show = (path: string) => rig.forge.git("acme/demo", "show", `${payload.repository.branch}:${path}`)
  expect(await show("seen.txt")).toBe(
    [
      "./.gitmodules",
      "./README.md",
      "./libs/a/lib.txt",
      "./libs/mid/.gitmodules",
      "./libs/mid/deep/lib/lib.txt",
      "./libs/mid/mid.txt",
    ].join("\n"),
  )
  expect(await show("status.txt")).toMatch(/^ [0-9a-f]{40} libs\/a/m)
  const notices = events.flatMap((event) => (event.kind === "notice" && event.code === "submodule-left-out" ? [event.text] : []))
  expect(notices).toEqual([
    expect.stringContaining("The submodule command is not fetched: its address does not begin with http://"),
    expect.stringContaining("The submodule local is not fetched"),
    expect.stringContaining("The submodule other is not fetched: it is not on 127.0.0.1:"),
  ])
  expect(asked).toEqual([])
})

test("stay at their recorded commits, whatever the agent does in them", async () => {
  rig.agent(
    `echo more >> libs/a/lib.txt; git -C libs/a commit -qam more; echo new > libs/mid/new.txt; git -C libs/mid config core.fsmonitor "touch ${rig.folder}/ran"; echo mine > mine; ${FINISHED}`,
  )
  const payload = rig.payload(withSubmodules)
  const { branch } = payload.repository
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded", changedFiles: ["mine"] })
  const links = (at: string) => rig.forge.git("acme/demo", "ls-tree", "-r", at, "libs")
  expect(await links(branch)).toBe(await links("main"))
})

test("are not fetched for a project that does not want them", async () => {
  rig.agent(`${LOOK}; ${FINISHED}`)
  const payload = rig.payload()
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded", changedFiles: ["seen.txt"] })
  expect(await rig.forge.git("acme/demo", "show", `${payload.repository.branch}:seen.txt`)).toBe("./.gitmodules\n./README.md")
})

test("are not fetched when their file asks for a command to be run", async () => {
  await rig.forge.createRepository({ name: "acme/commands", files: { "README.md": "# commands\n" } })
  await addSubmodules("acme/commands", { lib: ["acme/lib", "../lib.git"] }, `\tupdate = !touch ${rig.folder}/ran\n`)
  rig.agent(`${LOOK}; ${FINISHED}`)
  const payload = rig.payload(withSubmodules)
  const { outcome, events } = await rig.run(inRepository(payload, rig.forge.cloneUrl("acme/commands")))
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["seen.txt"] })
  expect(events).toContainEqual(expect.objectContaining({ code: "submodule-left-out", text: expect.stringContaining("a command") }))
  expect(await rig.forge.git("acme/commands", "show", `${payload.repository.branch}:seen.txt`)).toBe("./.gitmodules\n./README.md")
})

test("one that the credential cannot see ends the job with its name", async () => {
  await rig.forge.createRepository({ name: "acme/outer", files: { "README.md": "# outer\n" } })
  await addSubmodules("acme/outer", { gone: ["acme/lib", "../gone.git"] })
  const payload = inRepository(rig.payload(withSubmodules), rig.forge.cloneUrl("acme/outer"))
  expect((await rig.run(payload)).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "clone-failed", step: "clone", hint: "not-found", detail: expect.stringContaining("gone") },
  })
})
