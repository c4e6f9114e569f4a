import type { ClankerRevisionWithContents } from "#contract/clankers.ts"
import type { Secret } from "#contract/secrets.ts"

/** One thing that two revisions may differ in, as text on both sides. */
export interface Difference {
  name: string
  before: string
  after: string
}

/** What differs, the configuration first, then each file by its path. A file that is on one side only is empty on the other. */
export function differences(
  before: ClankerRevisionWithContents,
  after: ClankerRevisionWithContents,
  secrets: readonly Pick<Secret, "id" | "name">[],
): Difference[] {
  const paths = [...new Set([...before.files, ...after.files].map(({ path }) => path))].toSorted()
  const contentOf = ({ files }: ClankerRevisionWithContents, path: string) => files.find((file) => file.path === path)?.content ?? ""
  return [
    { name: "Configuration", before: configurationOf(before, secrets), after: configurationOf(after, secrets) },
    ...paths.map((name) => ({ name, before: contentOf(before, name), after: contentOf(after, name) })),
  ].filter((one) => one.before !== one.after)
}

/** Secrets by name: an id says nothing to a person. */
function configurationOf(
  { agent, agentSettings, deploymentConfig, maxExecutionTime, secretIds }: ClankerRevisionWithContents,
  secrets: readonly Pick<Secret, "id" | "name">[],
): string {
  const named = secretIds.map((id) => secrets.find((secret) => secret.id === id)?.name ?? `${id} (gone)`).toSorted()
  return JSON.stringify({ agent, agentSettings, maxExecutionTime, secrets: named, deploymentConfig: sorted(deploymentConfig) }, null, 2)
}

const sorted = (config: object) => Object.fromEntries(Object.entries(config).toSorted(([a], [b]) => (a < b ? -1 : 1)))
