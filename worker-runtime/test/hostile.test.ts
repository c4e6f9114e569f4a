// The agent owns its repository, its HOME and folders on the PATH. Each trap is first shown to work on plain git.
import { execFileSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { FINISHED, inRepository, startRig, TOKEN } from "./rig.ts"
import type { Rig } from "./rig.ts"
import { TRAPS } from "./traps.ts"
import type { Trap } from "./traps.ts"

let rig: Rig
let proof = ""
let listenerUrl = ""
/** Requests to the attacker's server. `late`: after the agent's own demonstration. */
const heard: { late: boolean; text: string }[] = []
const listener = createServer((request, response) => {
  heard.push({ late: existsSync(`${proof}.over`), text: `${request.url} ${JSON.stringify(request.headers)}` })
  response.writeHead(401, { "www-authenticate": 'Basic realm="evil"' }).end()
})

beforeAll(async () => {
  rig = await startRig({ "README.md": "# demo\n", "src/a.txt": "one\n", ".gitignore": "ignored\n" })
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  const address = listener.address()
  listenerUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
})
afterAll(async () => {
  listener.closeAllConnections()
  listener.close()
  await rig.close()
})

const show = (branch: string, path: string) => rig.forge.git("acme/demo", "show", `${branch}:${path}`)
const TOKEN_FORMS = [TOKEN, Buffer.from(`x-access-token:${TOKEN}`).toString("base64")]

/** The agent plants the trap, shows in a copy of its tree that it works, and ends. */
function agentWith({ plant, spring }: Trap, name: string): void {
  proof = join(rig.folder, `proof-${name.replaceAll(/\W/g, "-")}`)
  heard.length = 0
  const evil = join(rig.folder, "evil.sh")
  writeFileSync(
    evil,
    `#!/bin/sh\necho "ran $0 $*" >> ${proof}\n[ -z "$VIBERATOR_GIT_TOKEN" ] || echo "$VIBERATOR_GIT_TOKEN" >> ${proof}\ntimeout 0.5 cat\n`,
    { mode: 0o755 },
  )
  rig.agent(`export PROOF=${proof} EVIL=${evil} FORGE=${rig.forge.url} LISTENER=${listenerUrl} BIN="$(dirname "$0")"
echo changed > src/a.txt
( ${plant}
) > ../plant.log 2>&1 < /dev/null
cp -a . ../copy; rm -f "$PROOF"
( cd ../copy; ${spring}
) > ${proof}.log 2>&1 < /dev/null
[ ! -e "$PROOF" ] || mv "$PROOF" "$PROOF.shown"
touch "$PROOF.over"
${FINISHED}`)
}

test.each(Object.entries(TRAPS))("%s: works on plain git, and not on ours", async (name, trap) => {
  agentWith(trap, name)
  const payload = rig.payload()
  const { branch } = payload.repository
  const { outcome, printed } = await rig.run(payload)
  for (const planted of ["git", "git-lfs", "git-remote-http", "tar", "sh", "sed"]) rmSync(join(rig.folder, "bin", planted), { force: true })
  const shown = existsSync(`${proof}.shown`) || heard.some(({ late }) => !late)
  expect(shown, `plain git did not fall for it: ${readFileSync(`${proof}.log`, "utf8")}`).toBe(true)
  expect(existsSync(proof), "ours fell for it").toBe(false)
  expect(heard.filter(({ late, text }) => late || TOKEN_FORMS.some((form) => text.includes(form)))).toEqual([])
  expect(outcome).toMatchObject({ status: "succeeded", changedFiles: [...(trap.files ?? []), "src/a.txt"].toSorted() })
  expect(await show(branch, "src/a.txt")).toBe("changed")
  expect(printed).not.toContain(TOKEN)
  await rig.forge.git("acme/demo", "fsck", "--connectivity-only", branch)
})

test("a link is committed as a link, and what it leads to is not", async () => {
  rig.agent(`echo "outside" > "$HOME/outside"; ln -s "$HOME/outside" link; rm -rf src; ln -s "$HOME" src; ${FINISHED}`)
  const payload = rig.payload()
  const { branch } = payload.repository
  expect((await rig.run(payload)).outcome).toMatchObject({ status: "succeeded", changedFiles: ["link", "src", "src/a.txt"] })
  expect(await rig.forge.git("acme/demo", "ls-tree", "--format=%(objectmode) %(path)", branch)).toBe(
    "100644 .gitignore\n100644 README.md\n120000 link\n120000 src",
  )
  expect(await show(branch, "link")).toMatch(/\/home\/outside$/)
})

test.each([
  ["a link to another folder", (target: string) => `mv ../repo ../moved; ln -s ${target} ../repo`],
  ["nothing", () => "mv ../repo ../moved"],
  ["a file", () => "mv ../repo ../moved; echo > ../repo"],
])("%s in place of the repository: nothing is pushed, and nothing elsewhere is touched", async (_what, plant) => {
  const target = join(rig.folder, "elsewhere")
  rig.agent(`mkdir -p ${target}/inner/.git; echo kept > ${target}/inner/.git/HEAD; ${plant(target)}; ${FINISHED}`)
  const payload = rig.payload()
  expect((await rig.run(payload)).outcome).toMatchObject({
    status: "failed",
    failure: { kind: "agent-failed", step: "commit-and-push", detail: expect.stringContaining("folder of the repository") },
  })
  expect(readFileSync(join(target, "inner/.git/HEAD"), "utf8")).toBe("kept\n")
  await expect(rig.forge.git("acme/demo", "rev-parse", "--verify", payload.repository.branch)).rejects.toThrow()
})

/** A commit on main with what `files` cannot say: a link out, and a submodule whose address is a command. */
async function makeHostile(): Promise<void> {
  const name = "acme/hostile"
  await rig.forge.createRepository({
    name,
    files: {
      "a.txt": "one\n",
      ".gitattributes": "* filter=evil\n*.bin filter=lfs\n",
      ".gitmodules": `[submodule "mod"]\n\tpath = mod\n\turl = ext::${join(rig.folder, "evil.sh")}\n`,
      ".githooks/post-checkout": "#!/bin/sh\nexit 1\n",
      "a.bin": await rig.forge.storeLarge(name, "content\n"),
    },
  })
  const git = (...args: string[]) => rig.forge.git(name, ...args)
  const target = join(rig.folder, "target")
  writeFileSync(target, "/etc/passwd")
  await git("read-tree", "main")
  await git("update-index", "--add", "--cacheinfo", `120000,${await git("hash-object", "-w", target)},link`)
  await git("update-index", "--add", "--cacheinfo", `160000,${await git("rev-parse", "main")},mod`)
  const commit = await git("-c", "user.name=p", "-c", "user.email=p@p", "commit-tree", await git("write-tree"), "-p", "main", "-m", "more")
  await git("update-ref", "refs/heads/main", commit)
}

test("a hostile repository as it is cloned, on a machine whose own git obeys it", async () => {
  await makeHostile()
  proof = join(rig.folder, "proof-of-the-clone")
  const evil = join(rig.folder, "evil.sh")
  writeFileSync(evil, `#!/bin/sh\necho "ran $0 $*" >> ${proof}\ntimeout 0.5 cat\n`, { mode: 0o755 })
  const machine = join(rig.folder, "machine.gitconfig")
  for (const [key, value] of Object.entries({
    "filter.evil.smudge": evil,
    "filter.evil.clean": evil,
    "core.fsmonitor": evil,
    "init.templateDir": join(rig.folder, "template"),
    "protocol.ext.allow": "always",
    "credential.helper": `!${evil}`,
  }))
    execFileSync("git", ["config", "--file", machine, key, value])
  mkdirSync(join(rig.folder, "template/hooks"), { recursive: true })
  copyFileSync(evil, join(rig.folder, "template/hooks/post-checkout"))
  process.env["GIT_CONFIG_GLOBAL"] = machine
  try {
    const plain = ["clone", "--recurse-submodules", rig.forge.bare("acme/hostile"), join(rig.folder, "plain")]
    execFileSync("sh", ["-c", 'GIT_LFS_SKIP_SMUDGE=1 git "$@" > "$0" 2>&1 || true', join(rig.folder, "plain.log"), ...plain])
    const ran = readFileSync(proof, "utf8")
    for (const how of ["evil.sh \n", "hooks/post-checkout"]) expect(ran).toContain(how)
    rmSync(proof)
    rig.agent(
      `cat a.txt a.bin .githooks/post-checkout > seen; readlink link >> seen; ls -A mod >> seen; grep -rls timeout .git/hooks >> seen; ${FINISHED}`,
    )
    const job = rig.payload({ project: { name: "Hostile", slug: "hostile", settings: { submodules: true, lfs: true } } })
    const payload = inRepository(job, rig.forge.cloneUrl("acme/hostile"))
    const { outcome, events } = await rig.run(payload)
    expect(existsSync(proof)).toBe(false)
    expect(outcome).toMatchObject({ status: "succeeded", changedFiles: ["seen"] })
    expect(events).toContainEqual(expect.objectContaining({ code: "submodule-left-out" }))
    expect(await rig.forge.git("acme/hostile", "show", `${payload.repository.branch}:seen`)).toBe(
      "one\ncontent\n#!/bin/sh\nexit 1\n/etc/passwd",
    )
  } finally {
    delete process.env["GIT_CONFIG_GLOBAL"]
  }
})
