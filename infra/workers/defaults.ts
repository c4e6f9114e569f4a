import { Parameter } from "@pulumi/aws/ssm/index.js"
import type { Cluster } from "@pulumi/aws/ecs/index.js"
import { output } from "@pulumi/pulumi"
import { namedBy } from "../tags.ts"
import type { WorkersConfig } from "./config.ts"
import type { Images } from "./repositories.ts"
import type { Roles } from "./roles.ts"

interface Made {
  cluster: Cluster
  roles: Roles
  images: Images
}

/**
 * What an empty field of a clanker falls back to. The deploy command hands its text to the Worker as MANAGED_DEFAULTS, whose
 * schema is control-plane/contract/managed.schema.ts; a test reads this with that.
 */
export function makeDefaults(config: WorkersConfig, { cluster, roles, images }: Made): Parameter {
  const { environment, network, region } = config
  const { ecsLogGroup, lambdaLogGroup, kmsAlias: kmsKeyId } = config
  const image = images["multi-agent"]
  if (!image) throw new Error("images.json has no image multi-agent.")
  const known = output({
    ...{ region, cluster: cluster.arn, executionRoleArn: roles.execution.arn, taskRoleArn: roles.task.arn },
    ...{ lambdaRoleArn: roles.lambda.arn, subnetIds: network.subnetIds, securityGroupIds: [network.securityGroupId] },
    ...{ assignPublicIp: network.assignPublicIp, ecsImage: image, lambdaImage: image, ecsLogGroup, lambdaLogGroup, kmsKeyId },
  })
  const value = known.apply(({ subnetIds, securityGroupIds, assignPublicIp, ...rest }) =>
    JSON.stringify({
      ...{ ...rest, subnetIds, securityGroupIds, assignPublicIp },
      // A function's interfaces never get a public address: in such a network it reaches more without one.
      ...(assignPublicIp ? {} : { lambdaVpcConfig: { subnetIds, securityGroupIds } }),
    }),
  )
  return new Parameter("managed-defaults", {
    ...{ name: `/viberglass/${environment}/managed-defaults`, type: "String", value },
    ...{ description: "What an empty field of a clanker falls back to", ...namedBy(config)("managed-defaults") },
  })
}
