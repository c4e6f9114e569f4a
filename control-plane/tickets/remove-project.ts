import type { BatchItem } from "drizzle-orm/batch"
import { secretTicks } from "../clankers/store.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { hasNoUnfinished, unfinishedJobs } from "../jobs/store.ts"
import { removalOfGrants } from "../projects/grant-store.ts"
import { closingItem, type ProjectRecord, removalOfProject, updateProject } from "../projects/store.ts"
import { removalOfProjectPrompts } from "../prompts/store.ts"
import { isOurs } from "../secrets/parameters.ts"
import { removalOfProjectSecrets, removeSecret, type SecretRecord, secretsOfProject, ssmSecretsOfProject } from "../secrets/store.ts"
import { removeFiles } from "./attachment-files.ts"
import { removalOfTickets } from "./store.ts"

/**
 * Deletes a project with its tickets, secrets, prompt templates and what `others` delete, all or nothing. Its ended jobs stay
 * until they are deleted themselves. Its parameters in SSM go first, each with its secret: throws `outside.failed` while AWS
 * keeps one, and then everything else is still there. AWS may take its time, so the project is archived meanwhile: a run that
 * began there would be left without it.
 */
export async function removeProject(
  context: Context,
  { id, name, archivedAt }: ProjectRecord,
  others: readonly BatchItem<"sqlite">[],
): Promise<void> {
  const [, jobs, ticked, inSsm] = await context.db.batch([
    closingItem(context, id, hasNoUnfinished(id)),
    unfinishedJobs(context, "projectId", id),
    secretTicks(context, secretsOfProject(id)),
    ssmSecretsOfProject(context, id),
  ])
  if (jobs.length > 0)
    throw new AppError("project.has-jobs", `Jobs of the project ${name} are not finished yet: cancel them or wait for their end.`, {
      jobs: jobs.map((job) => job.id),
    })
  try {
    if (ticked.length > 0)
      throw new AppError("secret.in-use", `Secrets of the project ${name} are ticked on clankers: take them off there first.`, {
        usedBy: ticked.map((clanker) => ({ type: "clanker", id: clanker.id, name: clanker.name })),
      })
    await removeParameters(context, name, inSsm)
  } catch (error) {
    await updateProject(context, id, { archivedAt })
    throw error
  }
  await removeFiles(context, { projectId: id })
  await context.db.batch([
    ...removalOfTickets(context, { projectId: id }),
    removalOfProjectSecrets(context, id),
    removalOfProjectPrompts(context, id),
    removalOfGrants(context, id),
    ...others,
    removalOfProject(context, id),
  ])
}

/** One by one: SSM takes five a second. What is done stays done, so that a repeat goes on where this one ended. */
async function removeParameters(context: Context, project: string, inSsm: readonly SecretRecord[]): Promise<void> {
  const ours = inSsm.filter(({ reference }) => reference !== null && isOurs(context, reference))
  for (const [index, secret] of ours.entries()) {
    try {
      await removeSecret(context, secret)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const remains = ours.slice(index).flatMap(({ reference }) => reference ?? [])
      throw new AppError(
        "outside.failed",
        `The project ${project} stays: ${remains.length} of its ${ours.length} parameters in SSM could not be deleted (${remains.join(", ")}). ${error.message} Then delete it again.`,
        { ...error.detail, remains },
      )
    }
  }
}
