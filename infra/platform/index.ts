// platform: who the control plane and the workflows are in AWS, what they may do, and what AWS tells the control plane.
import { makeEvents } from "./components/events.ts"
import { makeGithubDeploys } from "./components/github-oidc.ts"
import { makeIdentity } from "./components/identity.ts"
import { makeParameters } from "./components/parameters.ts"
import { makeStorage } from "./components/storage.ts"
import { readConfig } from "./config.ts"

const config = readConfig()
const identity = makeIdentity(config)
const github = makeGithubDeploys(config)
const storage = makeStorage(config)
makeEvents(config)
const parameters = makeParameters(config, {
  "aws-role-arn": identity.role.arn,
  "deploy-role-arn": github.role.arn,
  "payload-bucket": storage.bucket,
})

export const { account, region, environment } = config
export const controlPlaneRoleArn = identity.role.arn
export const controlPlaneUser = identity.user?.name ?? null
export const deployRoleArn = github.role.arn
export const payloadBucket = storage.bucket
export const parameterNames = parameters
