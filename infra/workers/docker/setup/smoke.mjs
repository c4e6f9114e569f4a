// The last step of every image, as the user that the worker runs as: what the image promises must answer.
// `node smoke.mjs <slug> …`; `MISTRAL=without` says that this build leaves Mistral Vibe out.
import { execFileSync } from "node:child_process"
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const { agents } = JSON.parse(readFileSync(new URL("../../images.json", import.meta.url), "utf8"))
const WORKER = ["/usr/local/lib/viberator/node", "/usr/local/lib/viberator/tini"]
const TOOLS = ["git", "git-lfs", "curl", "python3", "rg", "tini", "ps", "tsc", "jest", "node", "npm"]
const home = mkdtempSync(join(tmpdir(), "smoke-"))

if (process.getuid() === 0) throw new Error("The smoke test runs as the runtime user, not as root.")
for (const program of WORKER) mustNotBeReadable(program)
for (const tool of TOOLS) say(`${tool}: ${version(tool)}`)
say(`viberator: ${version(WORKER[0], ["/opt/viberator/viberator.mjs", "--version"])}`)
for (const slug of process.argv.slice(2)) {
  if (slug === "mistral-vibe" && process.env.MISTRAL === "without") say("mistral-vibe: LEFT OUT of this build (MISTRAL=without)")
  else mustBePinned(slug, version(agents[slug].binary))
}
rmSync(home, { recursive: true, force: true })

function say(line) {
  process.stdout.write(`${line}\n`)
}

/** The first line of what it says about itself; a program that says nothing, or fails, is not there. */
function version(program, args = ["--version"]) {
  const said = execFileSync(program, args, { encoding: "utf8", env: { PATH: process.env.PATH, HOME: home }, timeout: 60_000 }).trim()
  if (said === "") throw new Error(`${program} ${args.join(" ")} said nothing.`)
  return said.split("\n")[0]
}

function mustBePinned(slug, said) {
  if (!said.includes(agents[slug].version)) throw new Error(`${slug} should be ${agents[slug].version}, and says "${said}".`)
  say(`${slug}: ${said}`)
}

function mustNotBeReadable(file) {
  accessSync(file, constants.X_OK)
  try {
    accessSync(file, constants.R_OK)
  } catch (error) {
    if (error.code === "EACCES") return
    throw error
  }
  throw new Error(`${file} can be read by its user: its processes would be open to the agent.`)
}
