import { join } from "node:path"
import type { Git } from "./git.ts"

export interface SubmodulesWanted {
  /** git in a folder of the clone, with the repository's own access. */
  gitIn: (directory: string) => Promise<Git>
  directory: string
  /** Where the repository in that folder comes from. */
  url: string
  /** Runs one git command that may be asked again. */
  patiently: (run: () => Promise<unknown>) => Promise<unknown>
}

/** Path within the repository, and why its submodule is not there. */
export interface LeftOut {
  path: string
  why: string
}

/** Deeper than anybody nests them. */
const MOST_NESTED = 10

/**
 * Fetches the submodules of a clone that nobody else has had, and theirs. Only from the repository's own host and by its own
 * protocol: a `.gitmodules` may name any address, a command or a path of this machine. Throws GitFailed.
 */
export async function fetchSubmodules(wanted: SubmodulesWanted, depth = 0): Promise<LeftOut[]> {
  const { gitIn, directory, url, patiently } = wanted
  const git = await gitIn(directory)
  const links = await listLinks(git)
  if (links.length === 0) return []
  const { known, runsCommand } = await readModules(git)
  // git does not read the file at all then.
  if (runsCommand) return links.map((path) => ({ path, why: ".gitmodules asks for a command to be run" }))
  const leftOut: LeftOut[] = []
  for (const path of links) {
    const module = known.find((one) => one.path === path)
    const source = module === undefined ? { why: "no entry of .gitmodules names it" } : sourceOf(module, url)
    if (module === undefined || "why" in source || depth >= MOST_NESTED) {
      leftOut.push({ path, why: "why" in source ? source.why : "it lies too deep" })
      continue
    }
    await git("config", `submodule.${module.name}.url`, source.url)
    await git("config", `submodule.${module.name}.active`, "true")
    await patiently(() => git("--literal-pathspecs", "submodule", "--quiet", "update", "--checkout", "--", path))
    const below = await fetchSubmodules({ ...wanted, directory: join(directory, path), url: source.url }, depth + 1)
    leftOut.push(...below.map((one) => ({ ...one, path: `${path}/${one.path}` })))
  }
  return leftOut
}

async function listLinks(git: Git): Promise<string[]> {
  const entries = (await git("ls-files", "--stage", "-z")).split("\0")
  return entries.filter((entry) => entry.startsWith("160000 ")).map((entry) => entry.slice(entry.indexOf("\t") + 1))
}

interface Module {
  name: string
  path: string
  url: string
}

/** As committed: a link in its place would make git read another file. */
async function readModules(git: Git): Promise<{ known: readonly Module[]; runsCommand: boolean }> {
  const entry = await git("ls-tree", "HEAD", ".gitmodules")
  if (!entry.startsWith("100")) return { known: [], runsCommand: false }
  const modules = new Map<string, Module>()
  let runsCommand = false
  for (const line of (await git("config", "--blob", "HEAD:.gitmodules", "--null", "--list")).split("\0")) {
    const [, name, key, value = ""] = /^submodule\.(.+)\.(path|url|update)\n(.*)$/s.exec(line) ?? []
    if (key === "update" && value.startsWith("!")) runsCommand = true
    if (name === undefined || (key !== "path" && key !== "url")) continue
    modules.set(name, { ...(modules.get(name) ?? { name, path: "", url: "" }), [key]: value })
  }
  return { known: [...modules.values()], runsCommand }
}

/** The address to fetch a submodule from, or why there is none. */
export function sourceOf({ name, url }: Pick<Module, "name" | "url">, parent: string): { url: string } | { why: string } {
  // git makes a folder of the name.
  if (name.split(/[/\\]/).includes("..")) return { why: "its name would leave the repository" }
  const relative = url.startsWith("./") || url.startsWith("../")
  const source = relative ? URL.parse(url, `${parent.replace(/\/+$/, "")}/`) : URL.parse(url)
  const own = new URL(parent)
  if (source === null || source.protocol !== own.protocol) return { why: `its address does not begin with ${own.protocol}//` }
  if (source.host !== own.host) return { why: `it is not on ${own.host}` }
  if (source.username !== "" || source.password !== "") return { why: "its address carries credentials" }
  return { url: source.href }
}
