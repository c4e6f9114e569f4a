// The real agent CLIs: the one on the PATH, else the pinned npm package, installed once and kept.
import { execFile } from "node:child_process"
import { constants } from "node:fs"
import { access, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { z } from "zod"

export type Agent = Readonly<{
  slug: string
  binary: string
  /** Goes first on the PATH of whoever runs the CLI; for CLIs written in JavaScript, this process's Node before it. */
  binFolder: string
  version: string
  source: "path" | "installed"
}>

export type EnsureOptions = Readonly<{
  /** The clone's folder: installations live in `<root>/.local/agents/<slug>`. */
  root: string
  /** Ignores the PATH, so that the version is the pinned one. */
  pinnedOnly?: boolean
  path?: string
}>

const npmPin = z.object({
  package: z.string(),
  version: z.string(),
  binary: z.string(),
  node: z.string().optional(),
  postinstall: z.string().optional(),
})
const pypiPin = z.object({ pypi: z.string(), version: z.string(), binary: z.string() })
const imagesSchema = z.object({ agents: z.record(z.string(), z.union([npmPin, pypiPin])) })
type NpmPin = z.infer<typeof npmPin>

const run = promisify(execFile)
const imagesFile = fileURLToPath(new URL("../infra/workers/images.json", import.meta.url))

/** Throws with one sentence when the CLI is neither here nor can be installed. */
export async function ensureAgent(
  slug: string,
  { root, pinnedOnly = false, path = process.env["PATH"] ?? "" }: EnsureOptions,
): Promise<Agent> {
  const pin = imagesSchema.parse(JSON.parse(await readFile(imagesFile, "utf8"))).agents[slug]
  if (pin === undefined) throw new Error(`images.json has no agent "${slug}".`)
  const found = pinnedOnly ? null : await findOnPath(pin.binary, path)
  if (found !== null) return describe(slug, join(found, pin.binary), "path")
  if ("pypi" in pin) throw new Error(`${slug} is not on the PATH, and comes from PyPI: uv tool install ${pin.pypi}==${pin.version}`)
  if (pin.node !== undefined && !isAtLeast(process.versions.node, pin.node))
    throw new Error(`${slug} needs Node ${pin.node} or newer; this is ${process.versions.node}.`)
  const folder = join(root, ".local", "agents", slug)
  await underLock(`${folder}.lock`, () => install(folder, pin))
  return describe(slug, join(folder, "node_modules", ".bin", pin.binary), "installed")
}

async function findOnPath(binary: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter(Boolean)) if (await isExecutable(join(folder, binary))) return folder
  return null
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** A CLI that cannot say its version is not installed, whatever its files say. */
async function describe(slug: string, binary: string, source: Agent["source"]): Promise<Agent> {
  const { stdout } = await run(binary, ["--version"], { env: { ...process.env, PATH: pathWithNode() }, timeout: 60_000 })
  const [version] = /\d+\.\d+\.\d+[\w.-]*/.exec(stdout) ?? []
  if (version === undefined) throw new Error(`${binary} --version said "${stdout.trim()}".`)
  return { slug, binary, binFolder: dirname(binary), version, source }
}

/** npm and the JavaScript CLIs start by `#!/usr/bin/env node`: they get the Node of this process, not the machine's. */
function pathWithNode(): string {
  return [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter)
}

async function install(folder: string, pin: NpmPin): Promise<void> {
  const marker = join(folder, ".installed")
  const wanted = `${pin.package}@${pin.version}`
  if ((await readIfThere(marker)) === wanted) return
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, "package.json"), '{ "private": true }\n')
  const env = { ...process.env, PATH: pathWithNode() }
  // Some npm versions block install scripts and some do not: ours never run any but the one that the pin names.
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder]
  await run("npm", ["install", ...flags, wanted], { cwd: folder, env })
  const packageFolder = join(folder, "node_modules", pin.package)
  if (pin.postinstall !== undefined) await run(process.execPath, [pin.postinstall], { cwd: packageFolder, env })
  await writeFile(marker, wanted)
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8")
  } catch (error) {
    if (isCode(error, "ENOENT")) return null
    throw error
  }
}

// A lock without an owner inside is one whose owner is just writing its name, or died before it could.
const ownerlessAfterMs = 10_000
const retryMs = 200

/** One process at a time; the folder's creation is the lock, and one left by a dead process is taken over. */
async function underLock(lock: string, work: () => Promise<void>): Promise<void> {
  await mkdir(dirname(lock), { recursive: true })
  while (!(await take(lock))) {
    if (await isAbandoned(lock)) await rm(lock, { recursive: true, force: true })
    else await wait(retryMs)
  }
  try {
    await work()
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
  } catch (error) {
    if (isCode(error, "EEXIST")) return false
    throw error
  }
  await writeFile(join(lock, "pid"), String(process.pid))
  return true
}

async function isAbandoned(lock: string): Promise<boolean> {
  const pid = await readIfThere(join(lock, "pid"))
  if (pid !== null && pid !== "") return !isAlive(Number(pid))
  try {
    return Date.now() - (await stat(lock)).mtimeMs > ownerlessAfterMs
  } catch (error) {
    // Released between two looks: it is free, which the next try finds out.
    if (isCode(error, "ENOENT")) return false
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return isCode(error, "EPERM")
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code
}

function isAtLeast(version: string, minimum: string): boolean {
  const parts = (text: string) => text.split(".").map(Number)
  const have = parts(version)
  const difference = parts(minimum)
    .map((wanted, index) => (have[index] ?? 0) - wanted)
    .find((value) => value !== 0)
  return (difference ?? 0) >= 0
}
