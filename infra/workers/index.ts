// workers: everything that a clanker on AWS needs to run, and one parameter that tells the control plane of it.
import { makeCluster } from "./cluster.ts"
import { readConfig } from "./config.ts"
import { makeDefaults } from "./defaults.ts"
import { makeDefinitions } from "./definitions.ts"
import { makeRepositories } from "./repositories.ts"
import { makeRoles } from "./roles.ts"

const config = readConfig()
const images = makeRepositories(config)
const cluster = makeCluster(config)
const roles = makeRoles(config)
const definitions = makeDefinitions(config, { roles, images })
const defaults = makeDefaults(config, { cluster, roles, images })

export const { account, region, environment } = config
export const clusterName = cluster.name
export const clusterArn = cluster.arn
export const executionRoleArn = roles.execution.arn
export const taskRoleArn = roles.task.arn
export const taskRoleName = roles.task.name
export const lambdaRoleArn = roles.lambda.arn
export const lambdaRoleName = roles.lambda.name
/** By selector of images.json, each with the environment's newest. */
export const imageUris = images
export const taskDefinitionArns = definitions
export const managedDefaultsParameter = defaults.name
