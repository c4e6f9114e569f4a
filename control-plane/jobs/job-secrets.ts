// PURE: which secrets a job gets, and for what.
import type { SecretLocation } from "#contract/secrets.ts"

export interface JobSecret {
  id: string
  name: string
  location: SecretLocation
  reference: string | null
}
type Ticked = JobSecret & { projectId: string | null }

/**
 * The secrets of a task template, of the clanker, and the project's SCM credential, one per name: on a conflict the
 * template's wins over the clanker's and that over the credential, and of each one's own the project's before the
 * installation's. Only what is ticked on the template or the clanker ever reaches the agent.
 */
export function jobSecrets(
  ticked: readonly Ticked[],
  scm: Ticked | null,
  ofTemplate: readonly Ticked[] = [],
): (JobSecret & { use: "agent" | "scm" | "both" })[] {
  const byName = new Map([...onePerName(ticked), ...onePerName(ofTemplate)])
  const ofAgent = [...byName.values()].map((secret) => ({
    ...plain(secret),
    use: secret.name === scm?.name ? ("both" as const) : ("agent" as const),
  }))
  return scm && !byName.has(scm.name) ? [...ofAgent, { ...plain(scm), use: "scm" }] : ofAgent
}

function onePerName(secrets: readonly Ticked[]): Map<string, Ticked> {
  const byName = new Map<string, Ticked>()
  for (const secret of secrets) if (secret.projectId !== null || !byName.has(secret.name)) byName.set(secret.name, secret)
  return byName
}

const plain = ({ id, name, location, reference }: Ticked): JobSecret => ({ id, name, location, reference })
