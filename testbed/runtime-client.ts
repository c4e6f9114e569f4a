// AWS's own runtime client for Node, which drives a Lambda handler: the pinned npm package, whose native part is built here.
import { execFile, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { z } from "zod"
import { pathWithNode, readIfThere, underLock } from "./installing.ts"

const pinSchema = z.object({ lambdaRuntimeClient: z.object({ package: z.string(), version: z.string() }) })
const imagesFile = fileURLToPath(new URL("../infra/workers/images.json", import.meta.url))
/** Debian's names of what its build calls; libtool's program is called libtoolize. */
const TOOLS = {
  cmake: "cmake",
  "g++": "g++",
  make: "make",
  autoconf: "autoconf",
  automake: "automake",
  libtoolize: "libtool",
  python3: "python3",
  xz: "xz-utils",
}
const run = promisify(execFile)

/** Installs it into `<root>/.local/lambda` and answers that folder; its `node_modules` has the client. Throws with one sentence. */
export async function ensureRuntimeClient(root: string): Promise<string> {
  const { lambdaRuntimeClient: pin } = pinSchema.parse(JSON.parse(await readFile(imagesFile, "utf8")))
  const folder = join(root, ".local", "lambda")
  await underLock(`${folder}.lock`, async () => {
    const wanted = `${pin.package}@${pin.version} for Node ${process.versions.modules}`
    if ((await readIfThere(join(folder, ".installed"))) === wanted) return
    await ensureTools()
    await install(folder, `${pin.package}@${pin.version}`, join(folder, "node_modules", pin.package))
    await writeFile(join(folder, ".installed"), wanted)
  })
  return folder
}

/** As an image has it: the bundle, with the client beside it, in a folder that another user may be let into. Answers the bundle there. */
export async function layFunction(root: string, bundle: string, folder: string): Promise<string> {
  const installed = await ensureRuntimeClient(root)
  await mkdir(folder, { recursive: true })
  const laid = join(folder, basename(bundle))
  await copyFile(bundle, laid)
  await cp(join(installed, "node_modules"), join(folder, "node_modules"), { recursive: true })
  return laid
}

async function install(folder: string, wanted: string, packageFolder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, "package.json"), '{ "private": true }\n')
  const env = { ...process.env, PATH: pathWithNode(), ...headers() }
  await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder, wanted], {
    cwd: folder,
    env,
  })
  // npm versions differ in whether they run install scripts; ours never do, and these two are the package's own.
  for (const script of ["preinstall", "postinstall"])
    await run("sh", [`scripts/${script}.sh`], { cwd: packageFolder, env, maxBuffer: 64 * 1024 * 1024 })
}

/** node-gyp would fetch Node's headers from the web; the Node of this clone, and most others, bring them along. */
function headers(): Record<string, string> {
  const home = join(dirname(process.execPath), "..")
  return existsSync(join(home, "include/node/node.h")) ? { npm_config_nodedir: home } : {}
}

async function ensureTools(): Promise<void> {
  const missing = () => Object.entries(TOOLS).flatMap(([program, name]) => (spawnSync(program, ["--version"]).error ? [name] : []))
  if (missing().length === 0) return
  if (process.getuid?.() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
    for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...missing()]])
      await run("apt-get", args, { env, maxBuffer: 64 * 1024 * 1024 })
  }
  if (missing().length > 0) throw new Error(`aws-lambda-ric is built from source and lacks ${missing().join(", ")}.`)
}
