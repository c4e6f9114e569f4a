// The real agent CLIs: the one on the PATH, else the pinned npm package, installed once and kept.
import { execFile } from "node:child_process"
import { constants } from "node:fs"
import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { z } from "zod"
import { pathWithNode, readIfThere, underLock } from "./installing.ts"

export type Agent = Readonly<{
  slug: string
  binary: string
  /** Goes first on the PATH of whoever runs the CLI; for CLIs written in JavaScript, this process's Node before it. */
  binFolder: string
  version: string
  source: "path" | "installed" | "image"
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

/** The agent that an image of ours carries; on this machine it need not be. */
export async function agentInImage(slug: string): Promise<Agent> {
  const { binary, version } = await pinOf(slug)
  return { slug, binary, binFolder: "", version, source: "image" }
}

async function pinOf(slug: string) {
  const pin = imagesSchema.parse(JSON.parse(await readFile(imagesFile, "utf8"))).agents[slug]
  if (pin === undefined) throw new Error(`images.json has no agent "${slug}".`)
  return pin
}

/** Throws with one sentence when the CLI is neither here nor can be installed. */
export async function ensureAgent(
  slug: string,
  { root, pinnedOnly = false, path = process.env["PATH"] ?? "" }: EnsureOptions,
): Promise<Agent> {
  const pin = await pinOf(slug)
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

function isAtLeast(version: string, minimum: string): boolean {
  const parts = (text: string) => text.split(".").map(Number)
  const have = parts(version)
  const difference = parts(minimum)
    .map((wanted, index) => (have[index] ?? 0) - wanted)
    .find((value) => value !== 0)
  return (difference ?? 0) >= 0
}
