import { z } from "zod"
import type { Ticket } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { wordsOf } from "../errors.ts"
import { type ProjectRecord, projectsQuery, scmSecretsOf } from "../projects/store.ts"
import { isUsableIn } from "../secrets/scope.ts"
import { sealedQuery, type SecretRecord, secretsQuery } from "../secrets/store.ts"
import { pullRequestMoved } from "../tickets/pull-request.ts"
import { projectsSeenAt, takeUnseenPullRequests } from "../tickets/pull-request-store.ts"
import { callTyped } from "./outside.ts"

const EVERY_MS = 5 * 60_000
/** A minute's share: a hundred open pull requests are each asked about every five minutes, more of them less often. */
const AT_ONCE = 20
const LIMIT_MS = 5000

/**
 * Asks the forge what became of open pull requests, with each project's own credential: the way for installations that no
 * webhook reaches. Projects whose credential the control plane does not hold are left alone.
 */
export async function watchPullRequests(context: Context): Promise<void> {
  const at = context.now()
  const credentials = scmSecretsOf(projectsSeenAt(at))
  const [due, found, secrets, sealed] = await context.db.batch([
    takeUnseenPullRequests(context, { at, before: at - EVERY_MS, limit: AT_ONCE }),
    projectsQuery(context, projectsSeenAt(at)),
    secretsQuery(context, credentials),
    sealedQuery(context, credentials),
  ])
  if (due.length === 0) return
  const projects = new Map(found.map((one) => [one.id, one]))
  const tokens = await tokensOf(context, { projects: found, secrets, sealed })
  const asked = due.flatMap(({ projectId, pullRequest }) => {
    const project = projects.get(projectId)
    const token = tokens.get(projectId)
    return project && pullRequest && token !== undefined ? [lookAt(context, { ...pullRequest, project, token })] : []
  })
  const failed = (await Promise.allSettled(asked)).flatMap((done) => (done.status === "rejected" ? [wordsOf(done.reason)] : []))
  context.log.info("pull-requests", { due: due.length, asked: asked.length, failed: failed.length, first: failed[0] ?? null })
}

/** The tokens that the database holds, by project. */
async function tokensOf(
  context: Context,
  {
    projects,
    secrets,
    sealed,
  }: { projects: readonly ProjectRecord[]; secrets: readonly SecretRecord[]; sealed: readonly { id: string; sealed: string | null }[] },
): Promise<Map<string, string>> {
  const found = await Promise.all(
    projects.map(async ({ id, scm }): Promise<[string, string][]> => {
      const secret = secrets.find((one) => one.id === scm?.secretId)
      const row = sealed.find((one) => one.id === scm?.secretId)
      if (!secret || !row?.sealed || !isUsableIn(secret, id)) return []
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
  const headers = { authorization: `Bearer ${token}`, accept: "application/vnd.github+json", "user-agent": "viberglass" }
  const response = await callTyped(context, `${apiOf(target, project.scm?.apiUrl)}/repos/${name}/pulls/${number}`, {
    headers,
    limitMs: LIMIT_MS,
  })
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
