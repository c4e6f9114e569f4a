import { z } from "zod"

const id = z.string().min(1).max(2048)
const ids = z.array(id).min(1).max(16)

/**
 * What the `workers` stack made for clankers (`MANAGED_DEFAULTS`): an empty field of a clanker falls back to it. Every field
 * may be missing; what then is missing at Start is told by name.
 */
export const managedDefaultsSchema = z.strictObject({
  region: id.optional(),
  /** ARN or name of the cluster of workers. */
  cluster: id.optional(),
  executionRoleArn: id.optional(),
  taskRoleArn: id.optional(),
  lambdaRoleArn: id.optional(),
  subnetIds: ids.optional(),
  securityGroupIds: ids.optional(),
  /** Without NAT a task needs a public address to reach anything. */
  assignPublicIp: z.boolean().optional(),
  /** Only with NAT: a function's network interfaces never get a public address. */
  lambdaVpcConfig: z.strictObject({ subnetIds: ids, securityGroupIds: ids }).optional(),
  /** Images by what they are for: of a task, and of a function. */
  ecsImage: id.optional(),
  lambdaImage: id.optional(),
  ecsLogGroup: id.optional(),
  lambdaLogGroup: id.optional(),
  /** The key that secrets in SSM are sealed with: `alias/viberglass-<env>-ssm`. */
  kmsKeyId: id.optional(),
})
