// The REST stand-in (emulate) keeps its own git objects and speaks no git. What was pushed is replayed into it through
// GitHub's git-data API; the hashes come out equal, and it is an error when one does not.
import { Octokit } from "@octokit/rest"
import { git, gitText } from "./git.ts"

export type Replay = Readonly<{
  /** Brings the REST side up to the bare repository. Calls wait for each other. */
  sync(): Promise<void>
}>

type ReplayOptions = Readonly<{ name: string; bare: string; octokit: Octokit; known: ReadonlyMap<string, string> }>

type Target = Readonly<{ owner: string; repo: string; bare: string; octokit: Octokit; seenBlobs: Set<string> }>

/** `known`: branches that the REST side has already, by commits that only it need have. */
export function createReplay({ name, bare, octokit, known: first }: ReplayOptions): Replay {
  const [owner = "", repo = ""] = name.split("/")
  const target = { owner, repo, bare, octokit, seenBlobs: new Set<string>() }
  const known = new Map(first)
  let last: Promise<void> = Promise.resolve()
  return {
    sync() {
      const next = last.then(() => replay(target, known))
      // The caller sees the failure; the one after it tries again from the same known refs.
      last = next.catch(() => undefined)
      return next
    },
  }
}

async function replay(target: Target, known: Map<string, string>): Promise<void> {
  const refs = await listBranches(target.bare)
  const changed = [...refs].filter(([ref, sha]) => known.get(ref) !== sha)
  if (changed.length > 0) {
    for (const sha of await newCommits(
      target.bare,
      changed.map(([, sha]) => sha),
      await thoseIn(target.bare, [...known.values()]),
    ))
      await replayCommit(target, sha)
  }
  const { owner, repo, octokit } = target
  for (const [ref, sha] of changed) {
    if (known.has(ref)) await octokit.git.updateRef({ owner, repo, ref: ref.replace(/^refs\//, ""), sha, force: true })
    else await octokit.git.createRef({ owner, repo, ref, sha })
    known.set(ref, sha)
  }
  for (const ref of [...known.keys()].filter((name) => !refs.has(name))) {
    await octokit.git.deleteRef({ owner, repo, ref: ref.replace(/^refs\//, "") })
    known.delete(ref)
  }
}

async function thoseIn(bare: string, commits: readonly string[]): Promise<string[]> {
  const input = commits.map((sha) => `${sha}\n`).join("")
  const found = (await git(bare, ["cat-file", "--batch-check=%(objectname) %(objecttype)"], { input })).toString().split("\n")
  return found.filter((line) => line.endsWith(" commit")).map((line) => line.slice(0, -" commit".length))
}

async function listBranches(bare: string): Promise<Map<string, string>> {
  const lines = await gitText(bare, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads")
  return new Map(
    lines
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [ref = "", sha = ""] = line.split(" ")
        return [ref, sha]
      }),
  )
}

async function newCommits(bare: string, heads: readonly string[], known: readonly string[]): Promise<string[]> {
  const input = [...heads, ...known.map((sha) => `^${sha}`)].join("\n")
  const out = await git(bare, ["rev-list", "--reverse", "--topo-order", "--stdin"], { input: `${input}\n` })
  return out.toString().split("\n").filter(Boolean)
}

async function replayCommit(target: Target, sha: string): Promise<void> {
  const { owner, repo, bare, octokit } = target
  const entries = parseTree(await git(bare, ["ls-tree", "-r", "-z", sha]))
  for (const entry of entries) await replayBlob(target, entry)
  const tree = await octokit.git.createTree({ owner, repo, tree: entries })
  const commit = parseCommit((await git(bare, ["cat-file", "commit", sha])).toString())
  const made = await octokit.git.createCommit({ owner, repo, tree: tree.data.sha, ...commit })
  if (made.data.sha !== sha)
    throw new Error(`Commit ${sha} came out as ${made.data.sha} (signed, or with headers the REST side cannot hold?).`)
}

type TreeMode = "100644" | "100755" | "040000" | "160000" | "120000"
type TreeEntry = { path: string; mode: TreeMode; type: "blob" | "commit"; sha: string }

async function replayBlob({ owner, repo, bare, octokit, seenBlobs }: Target, entry: TreeEntry): Promise<void> {
  if (entry.type !== "blob" || seenBlobs.has(entry.sha)) return
  const content = (await git(bare, ["cat-file", "blob", entry.sha])).toString("base64")
  await octokit.git.createBlob({ owner, repo, content, encoding: "base64" })
  seenBlobs.add(entry.sha)
}

const treeModes: readonly TreeMode[] = ["100644", "100755", "160000", "120000"]

function parseTree(listing: Buffer): TreeEntry[] {
  return listing
    .toString()
    .split("\0")
    .filter(Boolean)
    .map((line) => {
      const [, given, type, sha = "", path = ""] = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line) ?? []
      const mode = treeModes.find((known) => known === given)
      if (mode === undefined) throw new Error(`Cannot replay the tree entry "${line}".`)
      return { path, mode, type: type === "commit" ? "commit" : "blob", sha }
    })
}

type Person = { name: string; email: string; date: string }
type Commit = { message: string; parents: string[]; author: Person; committer: Person }

function parseCommit(raw: string): Commit {
  const end = raw.indexOf("\n\n")
  const headers = raw.slice(0, end).split("\n")
  const values = (key: string) => headers.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1))
  return {
    message: raw.slice(end + 2),
    parents: values("parent"),
    author: parsePerson(values("author")[0] ?? ""),
    committer: parsePerson(values("committer")[0] ?? ""),
  }
}

function parsePerson(line: string): Person {
  const [, name = "", email = "", seconds = "", sign = "+", hours = "00", minutes = "00"] =
    /^(.*) <(.*)> (\d+) ([+-])(\d\d)(\d\d)$/.exec(line) ?? []
  const offsetMs = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  const local = new Date(Number(seconds) * 1000 + offsetMs).toISOString().slice(0, 19)
  return { name, email, date: `${local}${sign}${hours}:${minutes}` }
}
