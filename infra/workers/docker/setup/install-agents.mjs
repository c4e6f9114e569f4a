// Installs agents as images.json pins them, for every user of the image: `node install-agents.mjs <slug> …`
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"

const { agents, globals } = JSON.parse(readFileSync(new URL("../../images.json", import.meta.url), "utf8"))
const HOME = "/opt/agents"
const BIN = "/usr/local/bin"
const CACHE = "/tmp/npm-cache"

npm(["install", "--global", ...flags(), ...Object.entries(globals).map(([name, version]) => `${name}@${version}`)])
for (const slug of process.argv.slice(2)) install(slug)
rmSync(CACHE, { recursive: true, force: true })

function install(slug) {
  const pin = agents[slug]
  if (!pin) throw new Error(`images.json has no agent "${slug}": ${Object.keys(agents).join(", ")}`)
  // From PyPI, and not by this: the Dockerfiles have a stage of their own for it.
  if (pin.pypi) return
  const folder = join(HOME, slug)
  mkdirSync(folder, { recursive: true })
  npm(["install", ...flags(), "--prefix", folder, `${pin.package}@${pin.version}`])
  // It names the registry that this build used, which may be somebody's own.
  rmSync(join(folder, "node_modules", ".package-lock.json"))
  if (pin.postinstall) {
    const cwd = join(folder, "node_modules", pin.package)
    execFileSync(process.execPath, [pin.postinstall], { cwd, stdio: "inherit" })
  }
  symlinkSync(join(folder, "node_modules", ".bin", pin.binary), join(BIN, pin.binary))
}

/** No script of any package runs but the one that the pin names. */
function flags() {
  return ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--no-package-lock", "--cache", CACHE]
}

function npm(args) {
  execFileSync("npm", args, { stdio: "inherit" })
}
