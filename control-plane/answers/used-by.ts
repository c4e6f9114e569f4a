import type { Secret } from "#contract/secrets.ts"
import { templatesUsingSecrets } from "../claws/template-store.ts"
import { secretTicks } from "../clankers/store.ts"
import type { Context } from "../context.ts"
import { listed } from "../db/client.ts"
import { AppError } from "../errors.ts"
import { projectsUsingSecrets } from "../projects/store.ts"

export type SecretUsers = Map<string, Secret["usedBy"]>

/** Who uses these secrets: one batch, however many secrets. */
export async function usersOfSecrets(context: Context, secretIds: readonly string[]): Promise<SecretUsers> {
  const ids = listed(secretIds)
  const [clankers, projects, templates] = await context.db.batch([
    secretTicks(context, ids),
    projectsUsingSecrets(context, ids),
    templatesUsingSecrets(context, ids),
  ])
  const users: SecretUsers = new Map(secretIds.map((id) => [id, []]))
  for (const { secretId, id, name } of clankers) users.get(secretId)?.push({ type: "clanker", id, name })
  for (const { secretId, id, name } of projects) users.get(secretId)?.push({ type: "project", id, name })
  for (const { secretId, id, name } of templates) users.get(secretId)?.push({ type: "task-template", id, name })
  return users
}

export async function refuseUsedSecret(context: Context, id: string): Promise<void> {
  const usedBy = (await usersOfSecrets(context, [id])).get(id) ?? []
  if (usedBy.length > 0)
    throw new AppError(
      "secret.in-use",
      `This secret is used by ${usedBy.map(({ type, name }) => `the ${type} ${name}`).join(", ")}: take it off there first.`,
      { usedBy },
    )
}
