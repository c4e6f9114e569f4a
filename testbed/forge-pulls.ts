// The rules and facts of pull requests that emulate does not hold: which it refuses, and where their branches are now.
import { z } from "zod"
import { branchHead, countCommits } from "./forge-state.ts"
import type { Repository } from "./forge-state.ts"
import { git, gitText } from "./git.ts"
import { jsonReply } from "./http.ts"
import type { Reply } from "./http.ts"

const side = z.looseObject({ ref: z.string(), sha: z.string(), repo: z.looseObject({ full_name: z.string() }).nullable().optional() })

/** A pull request as emulate answers it; what is not named here passes through unread. */
export const pullSchema = z.looseObject({
  number: z.number(),
  state: z.enum(["open", "closed"]),
  title: z.string(),
  body: z.string().nullable(),
  draft: z.boolean(),
  merged: z.boolean(),
  html_url: z.string(),
  user: z.looseObject({ login: z.string() }).nullable(),
  labels: z.array(z.looseObject({ name: z.string() })),
  head: side,
  base: side,
})
export type Pull = z.infer<typeof pullSchema>

const newPullSchema = z.looseObject({ title: z.string().min(1), head: z.string().min(1), base: z.string().min(1) })

type ValidationError = Readonly<{ resource: "PullRequest"; code: string; field?: string; message?: string }>

function validationFailed(error: ValidationError): Reply {
  return jsonReply(422, {
    message: "Validation Failed",
    errors: [error],
    documentation_url: "https://docs.github.com/rest/pulls/pulls#create-a-pull-request",
    status: "422",
  })
}

/** Where a pull request's branch is: "branch", "owner:branch", or the repository that it names. Null when there is none. */
export function headRepository(repositories: ReadonlyMap<string, Repository>, base: Repository, owner: string | null): Repository | null {
  if (owner === null || base.name.startsWith(`${owner}/`)) return base
  return [...repositories.values()].find(({ name, forkOf }) => forkOf === base.name && name.startsWith(`${owner}/`)) ?? null
}

type NewPull = Readonly<{ repositories: ReadonlyMap<string, Repository>; repository: Repository; input: unknown; open: readonly Pull[] }>

/** GitHub's refusal of a new pull request, or null when it may be opened. `open` are the open ones of the repository. */
export async function refuseNewPull({ repositories, repository, input, open }: NewPull): Promise<Reply | null> {
  const parsed = newPullSchema.safeParse(input)
  if (!parsed.success) {
    const field = String(parsed.error.issues[0]?.path[0] ?? "title")
    return validationFailed({ resource: "PullRequest", code: "missing_field", field })
  }
  const { base } = parsed.data
  const [, owner = null, head = ""] = /^(?:([^:]+):)?(.*)$/s.exec(parsed.data.head) ?? []
  const source = headRepository(repositories, repository, owner)
  const headSha = source === null ? null : await branchHead(source.bare, head)
  if (source === null || headSha === null) return validationFailed({ resource: "PullRequest", field: "head", code: "invalid" })
  const baseSha = await branchHead(repository.bare, base)
  if (baseSha === null) return validationFailed({ resource: "PullRequest", field: "base", code: "invalid" })
  if ((await countCommits(source.bare, baseSha, headSha)) === 0)
    return validationFailed({ resource: "PullRequest", code: "custom", message: `No commits between ${base} and ${head}` })
  if (open.some((pull) => pull.head.ref === head && pull.base.ref === base && pull.head.repo?.full_name === source.name))
    return validationFailed({
      resource: "PullRequest",
      code: "custom",
      message: `A pull request already exists for ${source.name.split("/")[0]}:${head}.`,
    })
  return null
}

/** emulate freezes a pull request at the commit it was opened with; an open one follows its branch. */
export async function correctPull(repositories: ReadonlyMap<string, Repository>, repository: Repository, pull: Pull): Promise<Pull> {
  if (pull.state !== "open") return pull
  // A fork has its own commits and those of what it was forked from.
  const { bare } = repositories.get(pull.head.repo?.full_name ?? repository.name) ?? repository
  const head = await branchHead(bare, pull.head.ref)
  const base = await branchHead(repository.bare, pull.base.ref)
  if (head === null || base === null) return pull
  const stat = await gitText(bare, "diff", "--shortstat", `${base}...${head}`)
  const count = (pattern: RegExp) => Number(pattern.exec(stat)?.[1] ?? 0)
  return {
    ...pull,
    head: { ...pull.head, sha: head },
    base: { ...pull.base, sha: base },
    commits: await countCommits(bare, base, head),
    changed_files: count(/(\d+) files? changed/),
    additions: count(/(\d+) insertion/),
    deletions: count(/(\d+) deletion/),
  }
}

/** GitHub's refusal of a request for review: of nobody when one of them may not, and not of the author. */
export function refuseReviewers(
  { name }: Repository,
  input: unknown,
  { author, members }: { author: string; members: readonly string[] },
): Reply | null {
  const { reviewers = [] } = z.looseObject({ reviewers: z.array(z.string()).optional() }).parse(input)
  const refused = (message: string) =>
    jsonReply(422, { message, documentation_url: "https://docs.github.com/rest/pulls/review-requests", status: "422" })
  if (reviewers.includes(author)) return refused("Review cannot be requested from pull request author.")
  return reviewers.every((reviewer) => members.includes(reviewer))
    ? null
    : refused(
        `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${name} repository.`,
      )
}

/**
 * Merging happens in emulate, which takes the head's tree as the result and knows only the head it was opened with.
 * That is the truth exactly when neither branch has moved since; everything else is refused as GitHub refuses a conflict.
 */
export async function refuseMerge(repository: Repository, pull: Pull): Promise<Reply | null> {
  const { bare } = repository
  const head = await branchHead(bare, pull.head.ref)
  const base = await branchHead(bare, pull.base.ref)
  if (head !== pull.head.sha) return jsonReply(409, { message: "Head branch was modified. Review and try the merge again.", status: "409" })
  if (base !== pull.base.sha) return jsonReply(405, { message: "Pull Request is not mergeable", status: "405" })
  return null
}

const commitSchema = z.object({
  sha: z.string(),
  message: z.string(),
  tree: z.object({ sha: z.string() }),
  parents: z.array(z.object({ sha: z.string() })),
  author: z.object({ name: z.string(), email: z.string(), date: z.string() }),
})

/** Writes the merge commit that emulate made into the bare repository, so that the next fetch sees the merge. */
export async function bringHomeMerge(repository: Repository, branch: string, input: unknown): Promise<void> {
  const commit = commitSchema.parse(input)
  // emulate dates its own commits in UTC and makes the committer of the author.
  const person = `${commit.author.name} <${commit.author.email}> ${Math.floor(Date.parse(commit.author.date) / 1000)} +0000`
  const message = commit.message.endsWith("\n") ? commit.message : `${commit.message}\n`
  const parents = commit.parents.map((parent) => `parent ${parent.sha}\n`).join("")
  const content = `tree ${commit.tree.sha}\n${parents}author ${person}\ncommitter ${person}\n\n${message}`
  const written = await git(repository.bare, ["hash-object", "-t", "commit", "-w", "--stdin"], { input: content })
  if (written.toString().trim() !== commit.sha) throw new Error(`The merge commit ${commit.sha} came out as ${written.toString().trim()}.`)
  await git(repository.bare, ["update-ref", `refs/heads/${branch}`, commit.sha])
}
