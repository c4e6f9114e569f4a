import type { ProjectPatch } from "#contract/projects.ts"
import { findClanker } from "../clankers/store.ts"
import type { Context } from "../context.ts"
import { invalid } from "../errors.ts"
import { findProject, type ProjectRecord } from "../projects/store.ts"
import { findSecret } from "../secrets/store.ts"

/** Refuses a body's or query's `projectId` that names no project, or one that the caller does not reach. */
export async function checkProjectId(context: Context, id: string | undefined): Promise<void> {
  if (id === undefined) return
  if (context.reach.hidden.includes(id) || (await findProject(context, id))?.id !== id) throw invalid("projectId", "names no project")
  context.reach.check(id, "project")
}

/** Refuses a project's ids of clankers and secrets by their fields, before anything is written. `projectId` is null for a new one. */
export async function checkProjectReferences(
  context: Context,
  { defaultClankerId, phaseClankers, scm }: Pick<ProjectPatch, "defaultClankerId" | "phaseClankers" | "scm">,
  projectId: string | null,
): Promise<void> {
  const fields = Object.entries({ defaultClankerId, ...prefixed("phaseClankers", phaseClankers ?? {}) })
  const ids = [...new Set(fields.flatMap(([, id]) => id ?? []))]
  const found = new Set((await Promise.all(ids.map((id) => findClanker(context, id)))).flatMap((clanker) => clanker?.id ?? []))
  for (const [field, id] of fields) if (id && !found.has(id)) throw invalid(field, "names no clanker")
  if (scm?.secretId === undefined) return
  const secret = await findSecret(context, scm.secretId)
  if (!secret) throw invalid("scm.secretId", "names no secret")
  if (secret.projectId !== null && secret.projectId !== projectId) throw invalid("scm.secretId", "names a secret of another project")
}

/**
 * Whether this change decides where a secret of the installation is sent: a worker hands the SCM secret to the repository's
 * server and to the API, so whoever chooses them could read it. Its owner, an admin, has to.
 */
export async function sendsInstallationSecret(
  context: Context,
  patch: Pick<ProjectPatch, "scm" | "repositoryUrl" | "pullRequestRepository">,
  project: ProjectRecord | null,
): Promise<boolean> {
  const after = patch.scm === undefined ? (project?.scm ?? null) : patch.scm
  if (!after?.secretId) return false
  const moved =
    after.secretId !== project?.scm?.secretId ||
    after.apiUrl !== project.scm.apiUrl ||
    (patch.repositoryUrl ?? project.repositoryUrl) !== project.repositoryUrl ||
    (patch.pullRequestRepository === undefined ? project.pullRequestRepository : patch.pullRequestRepository) !==
      project.pullRequestRepository
  return moved && (await findSecret(context, after.secretId))?.projectId === null
}

const prefixed = (prefix: string, ids: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(ids).map(([name, id]) => [`${prefix}.${name}`, id]))
