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
 * The clanker's secrets and the project's SCM credential, one per name: on a conflict the clanker's wins, and of its own the
 * project's before the installation's. Only what is ticked on the clanker ever reaches the agent.
 */
export function jobSecrets(ticked: readonly Ticked[], scm: Ticked | null): (JobSecret & { use: "agent" | "scm" | "both" })[] {
  const byName = new Map<string, Ticked>()
  for (const secret of ticked) if (secret.projectId !== null || !byName.has(secret.name)) byName.set(secret.name, secret)
  const ofAgent = [...byName.values()].map((secret) => ({
    ...plain(secret),
    use: secret.name === scm?.name ? ("both" as const) : ("agent" as const),
  }))
  return scm && !byName.has(scm.name) ? [...ofAgent, { ...plain(scm), use: "scm" }] : ofAgent
}

const plain = ({ id, name, location, reference }: Ticked): JobSecret => ({ id, name, location, reference })
