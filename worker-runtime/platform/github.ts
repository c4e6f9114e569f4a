import { Octokit } from "@octokit/rest"

/** The forge refused, in its own words; status 0 when it could not be reached. */
export class ForgeRefused extends Error {
  readonly status: number
  constructor(status: number, words: string) {
    super(words)
    this.status = status
  }
}

export interface PullRequestSpec {
  title: string
  body: string
  baseBranch: string
  /** Owner of the repository that the branch was pushed to: a fork has another one. */
  headOwner: string
  branch: string
  draft: boolean
  labels: readonly string[]
  reviewers: readonly string[]
  /** The ticket's pull request, when it has one. */
  existing?: number
}

export interface PullRequestDone {
  url: string
  number: number
  action: "created" | "updated"
  /** Labels or reviewers that the forge did not take; the pull request itself stands. */
  complaints: readonly string[]
}

/** Words of a forge: one pull request of a branch is found or made. Throws ForgeRefused. */
export interface Forge {
  upsertPullRequest(spec: PullRequestSpec, signal: AbortSignal): Promise<PullRequestDone>
}

export interface GitHubOptions {
  apiUrl: string
  /** URL of the repository that gets the pull request. */
  repository: string
  token: string | null
  userAgent: string
}

export function gitHub({ apiUrl, repository, token, userAgent }: GitHubOptions): Forge {
  const target = repositoryName(repository)
  const auth = token === null ? {} : { auth: token }
  return {
    async upsertPullRequest(spec, signal) {
      const octokit = new Octokit({ baseUrl: apiUrl, userAgent, ...auth, request: { signal }, log: SILENT })
      const open = await refusal(() => findOpen({ octokit, target, spec }))
      const done =
        open === null
          ? await refusal(() => create({ octokit, target, spec }))
          : await refusal(() => update({ octokit, target, spec, number: open }))
      return { ...done, complaints: await decorate({ octokit, target, spec }, done.number) }
    },
  }
}

/** octokit prints refused requests by itself; who asked decides what is logged. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export interface RepositoryName {
  owner: string
  repo: string
}

/** `https://host/owner/repo(.git)` → its two names. Throws ForgeRefused when the URL names no repository. */
export function repositoryName(url: string): RepositoryName {
  const [owner, repo, ...rest] = new URL(url).pathname.split("/").filter((part) => part !== "")
  if (owner === undefined || repo === undefined || rest.length > 0) throw new ForgeRefused(0, `${url} is not the address of a repository.`)
  return { owner, repo: repo.replace(/\.git$/, "") }
}

/** GitHub's own API, or that of an Enterprise server beside the repository. */
export function apiUrlOf(repositoryUrl: string): string {
  const { protocol, host, hostname } = new URL(repositoryUrl)
  return hostname === "github.com" || hostname === "www.github.com" ? "https://api.github.com" : `${protocol}//${host}/api/v3`
}

interface Call {
  octokit: Octokit
  target: RepositoryName
  spec: PullRequestSpec
}

async function findOpen({ octokit, target, spec }: Call): Promise<number | null> {
  const { data } = await octokit.pulls.list({
    ...target,
    state: "open",
    head: `${spec.headOwner}:${spec.branch}`,
    base: spec.baseBranch,
    per_page: 5,
  })
  // A forge that ignores the filter must not make us rewrite somebody else's pull request.
  const found = data.find(({ head, base }) => head.ref === spec.branch && base.ref === spec.baseBranch)
  const { existing } = spec
  if (found !== undefined || existing === undefined) return found?.number ?? null
  const known = await getOrNull(() => octokit.pulls.get({ ...target, pull_number: existing }))
  return known?.data.state === "open" && known.data.head.ref === spec.branch ? known.data.number : null
}

/** A pull request that the forge does not know (deleted, or of a repository that has moved) is none. */
async function getOrNull<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof Error && "status" in error && error.status === 404) return null
    throw error
  }
}

async function create({ octokit, target, spec }: Call): Promise<Omit<PullRequestDone, "complaints">> {
  const head = spec.headOwner === target.owner ? spec.branch : `${spec.headOwner}:${spec.branch}`
  const { data } = await octokit.pulls.create({
    ...target,
    title: spec.title,
    body: spec.body,
    base: spec.baseBranch,
    head,
    draft: spec.draft,
  })
  return { url: data.html_url, number: data.number, action: "created" }
}

/** The title stays: a person may have written a better one. */
async function update({ octokit, target, spec, number }: Call & { number: number }): Promise<Omit<PullRequestDone, "complaints">> {
  const { data } = await octokit.pulls.update({ ...target, pull_number: number, body: spec.body })
  return { url: data.html_url, number: data.number, action: "updated" }
}

async function decorate({ octokit, target, spec }: Call, number: number): Promise<string[]> {
  const complaints: string[] = []
  const attempt = async (what: string, call: () => Promise<unknown>) => {
    try {
      await refusal(call)
    } catch (error) {
      if (!(error instanceof ForgeRefused)) throw error
      complaints.push(`${what}: ${error.message}`)
    }
  }
  if (spec.labels.length > 0)
    await attempt("labels", () => octokit.issues.addLabels({ ...target, issue_number: number, labels: [...spec.labels] }))
  if (spec.reviewers.length > 0)
    await attempt("reviewers", () => octokit.pulls.requestReviewers({ ...target, pull_number: number, reviewers: [...spec.reviewers] }))
  return complaints
}

async function refusal<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof Error && "status" in error && typeof error.status === "number")
      throw new ForgeRefused(error.status, wordsOf(error))
    throw error
  }
}

function wordsOf(error: Error): string {
  const data: unknown =
    "response" in error && typeof error.response === "object" && error.response !== null && "data" in error.response
      ? error.response.data
      : null
  return data === null ? error.message : `${error.message}\n${JSON.stringify(data)}`
}
