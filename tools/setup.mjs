// Makes a fresh clone runnable: dependencies by the lock, and a Node new enough for workerd's tools.
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { delimiter, join } from "node:path"

// The version that development and the images use; wrangler and vite refuse anything below the floor.
const NODE_VERSION = "24.21.0"
const NODE_FLOOR = [22, 18]

/**
 * @param {string} root the clone's folder
 * @returns {Promise<{ node: string, path: string }>} the Node to run with and the PATH that finds it first
 */
export async function setup(root) {
  installDependencies(root)
  // npm ci empties node_modules, where the Node that runs this may have been.
  const node = newEnough(process.versions.node) && existsSync(process.execPath) ? process.execPath : installNode(root)
  const bin = join(root, "node_modules", ".bin")
  return { node, path: [bin, process.env.PATH].join(delimiter) }
}

function installDependencies(root) {
  const mark = join(root, "node_modules", ".lock-hash")
  const hash = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex")
  if (existsSync(mark) && readFileSync(mark, "utf8") === hash) return
  console.error("Installing dependencies (npm ci) …")
  npm(root, ["ci", "--no-audit", "--no-fund", "--loglevel=error"])
  writeFileSync(mark, hash)
}

/** Type stripping without a flag came with 22.18; below it the tools cannot run. */
function newEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])
}

function installNode(root) {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`
  const home = join(root, "node_modules", ".node")
  const node = join(home, "node_modules", name, "bin", "node")
  if (!existsSync(node)) {
    console.error(`Putting Node ${NODE_VERSION} into node_modules: below ${NODE_FLOOR.join(".")} the tools cannot run …`)
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, "package.json"), "{}")
    npm(home, ["install", "--no-audit", "--no-fund", "--loglevel=error", `${name}@${NODE_VERSION}`])
  }
  const link = join(root, "node_modules", ".bin", "node")
  rmSync(link, { force: true })
  symlinkSync(node, link)
  return link
}

function npm(cwd, args) {
  execFileSync("npm", args, { cwd, stdio: ["ignore", 2, "inherit"] })
}
