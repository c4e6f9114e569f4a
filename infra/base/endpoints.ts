import { SecurityGroup, VpcEndpoint } from "@pulumi/aws/ec2/index.js"
import { namedBy } from "../tags.ts"
import type { BaseConfig } from "./config.ts"
import type { Network } from "./network.ts"

/** What a worker on AWS reaches of AWS: its image, its secrets, its log, and who it is. */
const INTERFACES = ["ecr.api", "ecr.dkr", "ssm", "logs", "sts", "kms"] as const

/** S3, where ECR keeps layers, always and for nothing; the others as interfaces, paid by the hour, when they are wanted. */
export function makeEndpoints(config: BaseConfig, { vpc, publicSubnets, privateSubnets, routeTables, workerGroup }: Network): void {
  const named = namedBy(config)
  const service = (name: string) => `com.amazonaws.${config.region}.${name}`
  new VpcEndpoint("s3", {
    ...{ vpcId: vpc.id, vpcEndpointType: "Gateway", serviceName: service("s3") },
    ...{ routeTableIds: routeTables.map(({ id }) => id), ...named("s3") },
  })
  if (!config.endpoints) return
  const group = new SecurityGroup("endpoints", {
    ...{ vpcId: vpc.id, name: `viberglass-${config.environment}-endpoints`, description: "Endpoints: workers come in" },
    ingress: [{ protocol: "tcp", fromPort: 443, toPort: 443, securityGroups: [workerGroup.id], description: "Workers" }],
    ...{ egress: [], ...named("endpoints") },
  })
  const subnets = config.network.mode === "enterprise" ? privateSubnets : publicSubnets
  for (const name of INTERFACES)
    new VpcEndpoint(name, {
      ...{ vpcId: vpc.id, vpcEndpointType: "Interface", serviceName: service(name), privateDnsEnabled: true },
      ...{ subnetIds: subnets.map(({ id }) => id), securityGroupIds: [group.id], ...named(name) },
    })
}
