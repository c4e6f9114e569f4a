// base: the network in which workers run, the key that seals their secrets, and where they write their log.
import { readConfig } from "./config.ts"
import { makeEndpoints } from "./endpoints.ts"
import { makeKey } from "./key.ts"
import { makeLogGroups } from "./logs.ts"
import { makeNetwork } from "./network.ts"

const config = readConfig()
const network = makeNetwork(config)
makeEndpoints(config, network)
const key = makeKey(config)
const logs = makeLogGroups(config, key)

export const { account, region, environment } = config
export const networkMode = config.network.mode
export const vpcId = network.vpc.id
export const publicSubnetIds = network.publicSubnets.map(({ id }) => id)
export const privateSubnetIds = network.privateSubnets.map(({ id }) => id)
/** Where workers go: behind NAT when there is one, else where they can have a public address. */
export const workerSubnetIds = config.network.mode === "enterprise" ? privateSubnetIds : publicSubnetIds
export const workerSecurityGroupId = network.workerGroup.id
/** Without NAT a task reaches nothing without one. */
export const assignPublicIp = config.network.mode === "public"
export const kmsKeyArn = key.arn
export const kmsAlias = `alias/viberglass-${environment}-ssm`
export const ecsLogGroup = logs.ecs.name
export const lambdaLogGroup = logs.lambda.name
