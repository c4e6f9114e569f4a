import { z } from "zod"
import type { Ticket } from "#contract/tickets.ts"
import { type Context, overrides } from "../context.ts"
import { wordsOf } from "../errors.ts"
import { callOutside } from "../outside.ts"
import { findProjects, type ProjectRecord } from "../projects/store.ts"
import { isUsableIn } from "../secrets/scope.ts"
import { findSealed, findSecrets } from "../secrets/store.ts"
import { pullRequestMoved } from "../tickets/pull-request.ts"
import { takeUnseenPullRequests } from "../tickets/pull-request-store.ts"

const EVERY_MS = 5 * 60_000
/** A minute's share: a hundred open pull requests are each asked about every five minutes, more of them less often. */
const AT_ONCE = 20
const LIMIT_MS = 5000

/**
 * Asks the forge what became of open pull requests, with each project's own credential: the way for installations that no
 * webhook reaches. Projects whose credential the control plane does not hold are left alone.
 */
export async function watchPullRequests(context: Context): Promise<void> {
  const due = await takeUnseenPullRequests(context, { before: context.now() - EVERY_MS, limit: AT_ONCE })
  if (due.length === 0) return
  const projects = new Map((await findProjects(context, [...new Set(due.map(({ projectId }) => projectId))])).map((one) => [one.id, one]))
  const tokens = await tokensOf(context, [...projects.values()])
  const asked = due.flatMap(({ projectId, url, number }) => {
    const project = projects.get(projectId)
    const token = tokens.get(projectId)
    return project && token !== undefined ? [lookAt(context, { url, number, project, token })] : []
  })
  const failed = (await Promise.allSettled(asked)).flatMap((done) => (done.status === "rejected" ? [wordsOf(done.reason)] : []))
  context.log.info("pull-requests", { due: due.length, asked: asked.length, failed: failed.length, first: failed[0] ?? null })
}

/** The tokens that the database holds, by project: two queries. */
async function tokensOf(context: Context, projects: readonly ProjectRecord[]): Promise<Map<string, string>> {
  const ids = [...new Set(projects.flatMap(({ scm }) => scm?.secretId ?? []))]
  if (ids.length === 0) return new Map()
  const [secrets, sealed] = await Promise.all([findSecrets(context, ids), findSealed(context, ids)])
  const found = await Promise.all(
    projects.map(async ({ id, scm }): Promise<[string, string][]> => {
      const secret = secrets.find((one) => one.id === scm?.secretId)
      const row = sealed.find((one) => one.id === scm?.secretId)
      if (!secret || !row || !isUsableIn(secret, id)) return []
      return [[id, await context.vault.open({ table: "secrets", row: row.id, column: "sealed" }, row.sealed)]]
    }),
  )
  return new Map(found.flat())
}

interface Asking {
  url: string
  number: number
  project: ProjectRecord
  token: string
}
/** As `GET /repos/{owner}/{repo}/pulls/{number}` of GitHub's REST API answers. */
const replySchema = z.object({ state: z.enum(["open", "closed"]), merged: z.boolean() })

async function lookAt(context: Context, { url, number, project, token }: Asking): Promise<void> {
  const target = new URL(project.pullRequestRepository ?? project.repositoryUrl)
  const name = target.pathname.replace(/^\/|\/$|\.git\/?$/g, "")
  const options = { allow: context.config.outboundAllow, limitMs: LIMIT_MS, fetch: overrides.fetch, resolve: overrides.resolve }
  const headers = { authorization: `Bearer ${token}`, accept: "application/vnd.github+json", "user-agent": "viberglass" }
  const response = await callOutside(`${apiOf(target, project.scm?.apiUrl)}/repos/${name}/pulls/${number}`, { headers }, options)
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`the forge answered ${response.status} for ${url}`)
  }
  const { state, merged } = replySchema.parse(await response.json())
  const now: NonNullable<Ticket["pullRequest"]>["state"] = merged ? "merged" : state
  if (now !== "open") await pullRequestMoved(context, { url, state: now, actor: "The forge" })
}

/** GitHub's own API, or that of an Enterprise server beside the repository, unless the project names one. */
function apiOf({ protocol, host, hostname }: URL, chosen: string | undefined): string {
  if (chosen !== undefined) return chosen.replace(/\/$/, "")
  return hostname === "github.com" || hostname === "www.github.com" ? "https://api.github.com" : `${protocol}//${host}/api/v3`
}
