import { Alias, Key } from "@pulumi/aws/kms/index.js"
import { policy } from "../policy.ts"
import { namedBy } from "../tags.ts"
import type { BaseConfig } from "./config.ts"

/** Seals the workers' secrets in SSM, and their log. Whoever has neither the key nor a policy that names its alias reads nothing. */
export function makeKey(config: BaseConfig): Key {
  const { account, environment, region } = config
  const key = new Key(
    "ssm",
    {
      ...{ description: `Secrets and logs of viberglass-${environment}`, enableKeyRotation: true, deletionWindowInDays: 30 },
      policy: policy(new URL("policies/key-resource.json", import.meta.url), { account, environment, region }),
      ...namedBy(config)("ssm"),
    },
    // What it sealed is lost with it.
    { protect: environment === "prod" },
  )
  new Alias("ssm", { name: `alias/viberglass-${environment}-ssm`, targetKeyId: key.keyId })
  return key
}
