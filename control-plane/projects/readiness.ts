// PURE: whether a run could start, by stored facts alone. No network: a probe may fail for reasons of its own.
import { AGENTS, type AgentSlug, missingSecretGroups } from "#contract/agents.ts"
import type { ReadinessCheck } from "#contract/projects.ts"
import type { SecretLocation } from "#contract/secrets.ts"

export interface KnownSecret {
  name: string
  location: SecretLocation
}
export interface ReadinessFacts {
  repositoryUrl: string
  /** Null: the project names no credential. `found` is null when the named secret is gone or another project's. */
  scm: { found: KnownSecret | null } | null
  /** The clankers that a run would use; `found` is null when the chosen one does not exist. */
  clankers: readonly ChosenClanker[]
}
export interface ChosenClanker {
  id: string | null
  found: { name: string; agent: AgentSlug; acceptsJobs: boolean; statusMessage: string | null; secrets: readonly KnownSecret[] } | null
}

export function readinessChecks({ repositoryUrl, scm, clankers }: ReadinessFacts): ReadinessCheck[] {
  return [
    { name: "repository", state: "ready", code: "repository.ready", action: `Jobs clone ${repositoryUrl}.` },
    checkScm(scm),
    worst(clankers.map(checkClanker)),
    worst(clankers.map(checkSecrets)),
  ]
}

/** What the repository said when it was asked. */
export interface Probe {
  answer: "there" | "no-branch" | "refused" | "not-found" | "unreachable"
  status?: number
  why?: string
}

/** The checks with what the network says. It is told to people; a run is never refused for it, because a network may be wrong. */
export function withProbe(
  checks: readonly ReadinessCheck[],
  { answer, status, why }: Probe,
  { repositoryUrl, baseBranch, withCredential }: { repositoryUrl: string; baseBranch: string; withCredential: boolean },
): ReadinessCheck[] {
  const repository = (state: ReadinessCheck["state"], code: string, action: string): ReadinessCheck => ({
    name: "repository",
    state,
    code,
    action,
  })
  const told: Record<Probe["answer"], ReadinessCheck> = {
    there: repository("ready", "repository.ready", `${repositoryUrl} answers, and has the branch ${baseBranch}.`),
    "no-branch": repository(
      "invalid",
      "repository.no-branch",
      `${repositoryUrl} has no branch ${baseBranch}: choose another base branch, or make it.`,
    ),
    "not-found": repository(
      "invalid",
      "repository.not-found",
      `The forge knows no ${repositoryUrl}${withCredential ? ", or hides it from this credential" : ", or hides it without a credential"}: check both.`,
    ),
    refused: withCredential
      ? {
          name: "scm-credential",
          state: "invalid",
          code: "scm-credential.refused",
          action: `The forge refuses the credential (${status}): rotate the secret, or give it access to ${repositoryUrl}.`,
        }
      : {
          name: "scm-credential",
          state: "missing",
          code: "scm-credential.needed",
          action: `${repositoryUrl} wants a credential (${status}): choose a secret with a token of the forge.`,
        },
    unreachable: repository(
      "unknown",
      "repository.unreachable",
      `${repositoryUrl} was not reached from here: ${why ?? `it answered ${status}`}. A worker may still reach it.`,
    ),
  }
  const found = told[answer]
  return checks.map((check) => (check.name === found.name ? found : check))
}

/** `unknown` does not block: a secret in the worker's environment can only be seen there. */
export const isReady = (checks: readonly ReadinessCheck[]): boolean =>
  checks.every(({ state }) => state !== "missing" && state !== "invalid")

function checkScm(scm: ReadinessFacts["scm"]): ReadinessCheck {
  const name = "scm-credential"
  if (!scm)
    return {
      name,
      state: "unknown",
      code: "scm-credential.none",
      action: "Choose a secret with a token of the forge, unless the repository takes clones and pushes without one.",
    }
  if (!scm.found)
    return {
      name,
      state: "missing",
      code: "scm-credential.gone",
      action: "The project's SCM secret does not exist any more: choose another one.",
    }
  if (scm.found.location !== "database")
    return {
      name,
      state: "unknown",
      code: "scm-credential.elsewhere",
      action: `Make sure that the worker finds ${scm.found.name} (location ${scm.found.location}).`,
    }
  return { name, state: "ready", code: "scm-credential.ready", action: `Jobs use ${scm.found.name}.` }
}

function checkClanker({ id, found }: ChosenClanker): ReadinessCheck {
  const name = "clanker"
  if (id === null)
    return {
      name,
      state: "missing",
      code: "clanker.none",
      action: "Choose a default clanker in the project's settings, or name one with the run.",
    }
  if (!found)
    return { name, state: "invalid", code: "clanker.gone", action: "The chosen clanker does not exist any more: choose another one." }
  if (!found.acceptsJobs)
    return {
      name,
      state: "invalid",
      code: "clanker.not-active",
      action: `Start the clanker ${found.name}: it takes no jobs now${found.statusMessage ? ` (${found.statusMessage})` : ""}.`,
    }
  return { name, state: "ready", code: "clanker.ready", action: `Jobs run on ${found.name}.` }
}

function checkSecrets({ found }: ChosenClanker): ReadinessCheck {
  const name = "agent-secrets"
  if (!found) return { name, state: "unknown", code: "agent-secrets.no-clanker", action: "Choose a clanker first." }
  const { agent } = found
  const lacking = missingSecretGroups(
    agent,
    found.secrets.map((secret) => secret.name),
  )
  if (lacking.length > 0)
    return {
      name,
      state: "missing",
      code: "agent-secrets.missing",
      action: `${AGENTS[agent].name} needs ${words(lacking)}: store it and tick it on the clanker ${found.name}.`,
    }
  const unseen = missingSecretGroups(
    agent,
    found.secrets.flatMap((secret) => (secret.location === "database" ? secret.name : [])),
  )
  if (unseen.length > 0)
    return {
      name,
      state: "unknown",
      code: "agent-secrets.elsewhere",
      action: `Make sure that the worker finds ${words(unseen)}: it is not kept in the database.`,
    }
  return { name, state: "ready", code: "agent-secrets.ready", action: `${AGENTS[agent].name} has what it needs.` }
}

const words = (groups: readonly (readonly string[])[]): string => groups.map((group) => group.join(" or ")).join(", and ")

const GRAVITY = { ready: 0, warning: 1, unknown: 2, invalid: 3, missing: 4 } as const satisfies Record<ReadinessCheck["state"], number>
function worst(checks: readonly ReadinessCheck[]): ReadinessCheck {
  return checks.reduce((one, other) => (GRAVITY[other.state] > GRAVITY[one.state] ? other : one))
}
