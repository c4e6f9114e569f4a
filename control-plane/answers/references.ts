import { sql } from "drizzle-orm"
import type { ProjectPatch } from "#contract/projects.ts"
import { clankersAmong } from "../clankers/store.ts"
import type { Context } from "../context.ts"
import { listed } from "../db/client.ts"
import { invalid } from "../errors.ts"
import { findProject, idOfProject, projectQuery, type ProjectRecord, scmSecretsOf } from "../projects/store.ts"
import { type SecretRecord, secretsQuery } from "../secrets/store.ts"

/** Refuses a body's or query's `projectId` that names no project, or one that the caller does not reach. */
export async function checkProjectId(context: Context, id: string | undefined): Promise<void> {
  if (id === undefined) return
  if (context.reach.hidden.includes(id) || (await findProject(context, id))?.id !== id) throw invalid("projectId", "names no project")
  context.reach.check(id, "project")
}

interface References {
  project: ProjectRecord | undefined
  clankers: readonly { id: string }[]
  /** The one that is named for the repository, and the one that was. */
  secrets: readonly SecretRecord[]
}

/** A project by its id or slug, null for a new one, with what a change of it names. */
export async function loadReferences(context: Context, idOrSlug: string | null, change: ProjectPatch): Promise<References> {
  const which = idOrSlug ?? sql`NULL`
  const clankerIds = namedClankers(change).flatMap(([, id]) => id ?? [])
  const secretIds = [change.scm?.secretId].filter((id) => id !== undefined)
  const [[project], clankers, secrets] = await context.db.batch([
    projectQuery(context, which),
    clankersAmong(context, clankerIds),
    secretsQuery(context, sql`${listed(secretIds)} UNION ${scmSecretsOf(idOfProject(which))}`),
  ])
  return { project, clankers, secrets }
}

/** Refuses a project's ids of clankers and secrets by their fields, before anything is written. */
export function checkReferences(change: ProjectPatch, { project, clankers, secrets }: References): void {
  const found = new Set(clankers.map(({ id }) => id))
  for (const [field, id] of namedClankers(change)) if (id && !found.has(id)) throw invalid(field, "names no clanker")
  const secretId = change.scm?.secretId
  if (secretId === undefined) return
  const secret = secrets.find(({ id }) => id === secretId)
  if (!secret) throw invalid("scm.secretId", "names no secret")
  if (secret.projectId !== null && secret.projectId !== project?.id) throw invalid("scm.secretId", "names a secret of another project")
}

/**
 * Whether this change decides where a secret of the installation is sent: a worker hands the SCM secret to the repository's
 * server and to the API, so whoever chooses them could read it. Its owner, an admin, has to.
 */
export function sendsInstallationSecret(change: ProjectPatch, { project, secrets }: References): boolean {
  const after = change.scm === undefined ? (project?.scm ?? null) : change.scm
  if (!after?.secretId) return false
  const moved =
    after.secretId !== project?.scm?.secretId ||
    after.apiUrl !== project.scm.apiUrl ||
    (change.repositoryUrl ?? project.repositoryUrl) !== project.repositoryUrl ||
    (change.pullRequestRepository === undefined ? project.pullRequestRepository : change.pullRequestRepository) !==
      project.pullRequestRepository
  return moved && secrets.find(({ id }) => id === after.secretId)?.projectId === null
}

const namedClankers = ({ defaultClankerId, phaseClankers }: ProjectPatch) =>
  Object.entries({ defaultClankerId, ...prefixed("phaseClankers", phaseClankers ?? {}) })
const prefixed = (prefix: string, ids: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(ids).map(([name, id]) => [`${prefix}.${name}`, id]))
