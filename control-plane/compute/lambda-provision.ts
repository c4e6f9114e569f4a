import { imageDigest, parseEcrImage } from "../aws/ecr.ts"
import { AwsError, isNotFound } from "../aws/errors.ts"
import {
  createAlias,
  createFunction,
  getAlias,
  getFunction,
  getInvokeRules,
  publishVersion,
  putInvokeRules,
  updateAlias,
  updateFunctionCode,
  updateFunctionConfiguration,
} from "../aws/lambda.ts"
import { text } from "./aws.ts"
import { ALIAS, configurationOf, factsOf, type LambdaConfig, POLL_MS, RULES, unsettled } from "./lambda-function.ts"
import type { AwsDoor, DeploymentFacts, ProvisionAnswer } from "./strategy.ts"

export interface LambdaStep {
  config: LambdaConfig
  key: string
  facts: DeploymentFacts
  door: AwsDoor
  region: string
}
type Step = (step: LambdaStep) => Promise<ProvisionAnswer>
type StepName =
  | "check image"
  | "find function"
  | "create function"
  | "wait for the function"
  | "update code"
  | "wait for the code"
  | "update configuration"
  | "wait for the configuration"
  | "publish version"
  | "wait for the version"
  | "move alias"
  | "set invoke rules"
  | "check invoke rules"

const next = (step: StepName, facts: DeploymentFacts = {}): ProvisionAnswer => ({ status: "next", step, facts })
const failed = (message: string): ProvisionAnswer => ({ status: "failed", message })

/** In this order; a function that is there already enters at "update code". Each finds its own earlier work. */
export const LAMBDA_STEPS: Record<StepName, Step> = {
  "check image": checkImage,
  "find function": find,
  "create function": create,
  "wait for the function": (step) => settledThen(step, "publish version"),
  "update code": updateCode,
  "wait for the code": (step) => settledThen(step, "update configuration"),
  "update configuration": updateConfiguration,
  "wait for the configuration": (step) => settledThen(step, "publish version"),
  "publish version": publish,
  "wait for the version": waitForVersion,
  "move alias": moveAlias,
  "set invoke rules": setRules,
  "check invoke rules": checkRules,
}

const nameOf = ({ config }: LambdaStep): string => config.functionName ?? ""

async function checkImage({ config, door, region }: LambdaStep): Promise<ProvisionAnswer> {
  const image = config.imageUri ?? ""
  const inEcr = parseEcrImage(image)
  if (inEcr === null) return failed(`Lambda takes images only from ECR, not ${image}: correct "imageUri".`)
  try {
    const digest = await imageDigest(door.client, inEcr)
    const byDigest = `${image.split("@")[0]?.replace(/:[^:/]+$/, "")}@${digest}`
    return next("find function", { region, image: byDigest, imageDigest: digest, functionName: config.functionName ?? "" })
  } catch (error) {
    if (!isNotFound(error)) throw error
    return failed(`There is no image ${image} in ECR: build and push it, or correct "imageUri".`)
  }
}

async function find(step: LambdaStep): Promise<ProvisionAnswer> {
  return next((await getFunction(step.door.client, step.region, nameOf(step))) ? "update code" : "create function")
}

async function create(step: LambdaStep): Promise<ProvisionAnswer> {
  const { config, facts, door, region } = step
  try {
    await createFunction(door.client, region, {
      FunctionName: nameOf(step),
      PackageType: "Image",
      Code: { ImageUri: text(facts, "image") },
      Architectures: [config.architecture],
      ...configurationOf(config, logGroupOf(door)),
      Tags: { "viberglass:environment": door.environment },
    })
    return next("wait for the function")
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    // A lost answer: it was made by the former try of this step.
    if (error.code === "ResourceConflictException") return next("wait for the function")
    return notYet(error)
  }
}

/** A role or a repository's policy that was made a moment ago: IAM needs some seconds to know it everywhere. */
function notYet(error: AwsError): ProvisionAnswer {
  if (/cannot be assumed by Lambda|Source image .* does not exist|permission/i.test(error.message) && error.kind === "permanent")
    return { status: "wait", ms: 5000, reason: error.message }
  throw error
}

async function updateCode(step: LambdaStep): Promise<ProvisionAnswer> {
  const { config, facts, door, region } = step
  return inTurn(async () => {
    await updateFunctionCode(door.client, region, nameOf(step), { ImageUri: text(facts, "image"), Architectures: [config.architecture] })
    return next("wait for the code")
  })
}

async function updateConfiguration(step: LambdaStep): Promise<ProvisionAnswer> {
  const { config, door, region } = step
  return inTurn(async () => {
    await updateFunctionConfiguration(door.client, region, nameOf(step), configurationOf(config, logGroupOf(door)))
    return next("wait for the configuration")
  })
}

/** AWS changes a function one thing at a time: while it is at it, it says so. */
async function inTurn(change: () => Promise<ProvisionAnswer>): Promise<ProvisionAnswer> {
  try {
    return await change()
  } catch (error) {
    if (error instanceof AwsError && error.code === "ResourceConflictException")
      return { status: "wait", ms: POLL_MS, reason: error.message }
    throw error
  }
}

export const logGroupOf = ({ managed, environment }: AwsDoor): string =>
  managed.lambdaLogGroup ?? `/aws/lambda/viberglass-${environment}-worker`

async function settledThen(step: LambdaStep, then: StepName): Promise<ProvisionAnswer> {
  const found = await getFunction(step.door.client, step.region, nameOf(step))
  if (!found?.Configuration) return failed(`The function ${nameOf(step)} was deleted meanwhile: start again.`)
  return unsettled(found.Configuration) ?? next(then)
}

async function publish(step: LambdaStep): Promise<ProvisionAnswer> {
  return inTurn(async () => {
    const { Version = "" } = await publishVersion(step.door.client, step.region, nameOf(step))
    return next("wait for the version", { version: Version })
  })
}

async function waitForVersion(step: LambdaStep): Promise<ProvisionAnswer> {
  const version = text(step.facts, "version")
  const found = await getFunction(step.door.client, step.region, nameOf(step), version)
  const { Configuration, Code } = found ?? {}
  if (!Configuration) return { status: "wait", ms: POLL_MS, reason: `version ${version} is not known yet` }
  const { config, door } = step
  return unsettled(Configuration) ?? next("move alias", factsOf(config, { seen: Configuration, code: Code, logGroup: logGroupOf(door) }))
}

/** Until here the former version served; from here on the new one does. */
async function moveAlias(step: LambdaStep): Promise<ProvisionAnswer> {
  const { door, region, facts } = step
  const [name, version] = [nameOf(step), text(facts, "version")]
  const known = await getAlias(door.client, region, name, ALIAS)
  if (known === null) await createAlias(door.client, region, name, { Name: ALIAS, FunctionVersion: version })
  else if (known.FunctionVersion !== version) await updateAlias(door.client, region, name, ALIAS, { FunctionVersion: version })
  return next("set invoke rules", { alias: ALIAS, ...(known?.FunctionVersion ? { formerVersion: known.FunctionVersion } : {}) })
}

async function setRules(step: LambdaStep): Promise<ProvisionAnswer> {
  await putInvokeRules(step.door.client, step.region, nameOf(step), ALIAS, RULES)
  return next("check invoke rules")
}

/** Without them AWS would run an event that failed twice more. */
async function checkRules(step: LambdaStep): Promise<ProvisionAnswer> {
  const rules = await getInvokeRules(step.door.client, step.region, nameOf(step), ALIAS)
  if (rules?.MaximumRetryAttempts !== 0 || rules.MaximumEventAgeInSeconds !== RULES.MaximumEventAgeInSeconds)
    return { status: "wait", ms: POLL_MS, reason: "the rules for invocations are not in force yet" }
  return { status: "done", facts: { ...step.facts, retries: 0 } }
}
