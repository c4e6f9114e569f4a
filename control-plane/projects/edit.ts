import type { ProjectCreate, ProjectPatch } from "#contract/projects.ts"
import type { Context } from "../context.ts"
import { isUniqueConflict } from "../db/client.ts"
import { AppError, notFound } from "../errors.ts"
import { keyCandidates, slugCandidates, slugOf } from "./naming.ts"
import { findProject, insertProject, type ProjectRecord, updateProject } from "./store.ts"

/** By id or slug. */
export const existingProject = async (context: Context, idOrSlug: string): Promise<ProjectRecord> =>
  reached(context, await findProject(context, idOrSlug))

/** A project that was looked for, as far as the caller reaches. */
export function reached({ reach }: Context, project: ProjectRecord | null | undefined): ProjectRecord {
  if (!project) throw notFound("project")
  reach.check(project.id, "project")
  return project
}

/** A taken slug gets `-2`; a key is derived from the name unless the caller chose one, and a chosen one that is taken is refused. */
export async function createProject(context: Context, { input, admin }: { input: ProjectCreate; admin: string }): Promise<ProjectRecord> {
  const { key: chosen, ...fields } = input
  const id = context.newId("project")
  const names = { slugs: slugCandidates(slugOf(input.name), id), keys: chosen ? [chosen] : keyCandidates(input.name) }
  const project = await insertProject(context, { id, ...names, ...fields }, admin)
  if (!project) throw keyTaken(chosen)
  return project
}

/** A field that is left out stays; objects and lists replace. The key is fixed once a ticket carries it. */
export async function patchProject(context: Context, project: ProjectRecord, patch: ProjectPatch): Promise<ProjectRecord> {
  const { key, archived, ...fields } = patch
  const at = archived === undefined ? {} : { archivedAt: archived ? (project.archivedAt ?? context.now()) : null }
  const newKey = key === undefined || key === project.key ? {} : { key }
  try {
    const changed = await updateProject(context, project.id, { ...fields, ...at, ...newKey })
    if (changed) return changed
  } catch (error) {
    if (isUniqueConflict(error)) throw keyTaken(key)
    throw error
  }
  if (newKey.key === undefined || !(await findProject(context, project.id))) throw notFound("project")
  throw new AppError("project.key-fixed", `key is fixed: tickets of this project carry ${project.key} already.`, {
    fields: { key: "is fixed once there are tickets" },
  })
}

/** What is archived stays readable; nothing new begins there. */
export function refuseArchived({ name, archivedAt }: ProjectRecord): void {
  if (archivedAt !== null) throw new AppError("project.archived", `The project ${name} is archived: take it out of the archive first.`)
}

function keyTaken(chosen: string | undefined): AppError {
  const sentence = chosen
    ? `key ${chosen} is taken by another project.`
    : "key could not be derived from the name, because all that fit it are taken: choose one."
  return new AppError("project.key-taken", sentence, { fields: { key: chosen ? "is taken" : "must be chosen" } })
}
