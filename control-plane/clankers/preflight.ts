import type { DeploymentConfig } from "#contract/clankers.ts"
import { type Named, resolve } from "#contract/resolve.ts"
import { NO_CREDENTIALS } from "../compute/aws.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"

/**
 * The configuration with every field that its deployment needs, before anything is created. Throws `deployment.incomplete`
 * with a sentence for each field that is missing or cannot be.
 */
export function preflight(
  {
    aws,
    config: {
      managed,
      aws: { region },
    },
  }: Context,
  clanker: Named,
  config: DeploymentConfig,
): DeploymentConfig {
  const resolved = resolve(config, clanker, { managed, region })
  const fields = {
    ...(resolved.ok ? {} : Object.fromEntries(Object.entries(resolved.fields).map(([name, why]) => [`deploymentConfig.${name}`, why]))),
    ...(config.computeType !== "docker" && aws === null ? { credentials: NO_CREDENTIALS } : {}),
  }
  if (resolved.ok && Object.keys(fields).length === 0) return resolved.config
  const named = Object.entries(fields).map(([name, why]) => (name === "credentials" ? why : `${name} ${why}`))
  throw new AppError("deployment.incomplete", `The clanker cannot be started: ${named.join("; ")}`, { fields })
}
