import { Parameter } from "@pulumi/aws/ssm/index.js"
import type { Input } from "@pulumi/pulumi"
import { namedBy } from "../../tags.ts"
import type { PlatformConfig } from "../config.ts"

/**
 * Describe the deployment, so that a workflow needs the environment's name and nothing else. Answers their names, with the one
 * that the workers stack made. Nothing in them is secret.
 */
export function makeParameters(config: PlatformConfig, made: Record<string, Input<string>>) {
  const { account, environment, publicUrl, region, workers } = config
  const values = { ...made, account, region, "public-url": publicUrl, cluster: workers.clusterName }
  const parameters = Object.entries(values).map(
    ([name, value]) => new Parameter(name, { name: `/viberglass/${environment}/${name}`, type: "String", value, ...namedBy(config)(name) }),
  )
  return [...parameters.map(({ name }) => name), workers.managedDefaultsParameter]
}
