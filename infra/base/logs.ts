import { LogGroup } from "@pulumi/aws/cloudwatch/index.js"
import type { Key } from "@pulumi/aws/kms/index.js"
import { namedBy } from "../tags.ts"
import type { BaseConfig } from "./config.ts"

/** Made here and not by the first worker, which could give them neither an end nor a key. */
export function makeLogGroups(config: BaseConfig, key: Key) {
  const group = (name: string, path: string) =>
    new LogGroup(name, {
      ...{ name: `/${path}/viberglass-${config.environment}-worker`, retentionInDays: config.logRetentionDays, kmsKeyId: key.arn },
      ...namedBy(config)(`${name}-log`),
    })
  return { ecs: group("ecs", "ecs"), lambda: group("lambda", "aws/lambda") }
}
