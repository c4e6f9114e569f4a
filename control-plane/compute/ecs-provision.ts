import { imageDigest, parseEcrImage } from "../aws/ecr.ts"
import { vpcsOfSecurityGroups, vpcsOfSubnets, wayOut } from "../aws/ec2.ts"
import { describeCluster, describeTaskDefinition, registerTaskDefinition } from "../aws/ecs.ts"
import { AwsError, isNotFound } from "../aws/errors.ts"
import { list, text } from "./aws.ts"
import { containerOf, definitionOf, DEPLOYMENT_TAG, type EcsConfig, factsOf } from "./ecs-task.ts"
import type { AwsDoor, DeploymentFacts, ProvisionAnswer } from "./strategy.ts"

export interface EcsStep {
  config: EcsConfig
  key: string
  facts: DeploymentFacts
  door: AwsDoor
  region: string
}
type Step = (step: EcsStep) => Promise<ProvisionAnswer>

const failed = (message: string): ProvisionAnswer => ({ status: "failed", message })
const next = (step: keyof typeof ECS_STEPS, facts: DeploymentFacts): ProvisionAnswer => ({ status: "next", step, facts })

/** In this order; each is one or a few calls, and finds its own earlier work. Nothing is made before everything was looked at. */
export const ECS_STEPS = {
  "check cluster": checkCluster,
  "check network": checkNetwork,
  "check image": checkImage,
  "check task definition": checkTaskDefinition,
  "register task definition": register,
} satisfies Record<string, Step>

async function checkCluster({ config, door, region }: EcsStep): Promise<ProvisionAnswer> {
  const wanted = config.cluster ?? ""
  const cluster = await describeCluster(door.client, region, wanted)
  if (!cluster || cluster.status === "INACTIVE") return failed(`There is no cluster ${wanted} in ${region}: correct "cluster".`)
  if (cluster.status !== "ACTIVE") return { status: "wait", ms: 2000, reason: `the cluster is ${cluster.status}` }
  if (config.launchType === "FARGATE_SPOT" && !(cluster.capacityProviders ?? []).includes("FARGATE_SPOT"))
    return failed(`The cluster ${wanted} has no capacity provider FARGATE_SPOT: add it to the cluster, or choose FARGATE.`)
  return next("check network", {
    region,
    clusterArn: cluster.clusterArn ?? wanted,
    launchType: config.launchType,
    subnetIds: (config.subnetIds ?? []).join(","),
    securityGroupIds: (config.securityGroupIds ?? []).join(","),
    assignPublicIp: config.assignPublicIp ?? false,
  })
}

async function checkNetwork({ config, facts, door, region }: EcsStep): Promise<ProvisionAnswer> {
  const [subnets, groups] = [list(facts, "subnetIds"), list(facts, "securityGroupIds")]
  const [ofSubnets, ofGroups] = await Promise.all([
    vpcsOfSubnets(door.client, region, subnets),
    vpcsOfSecurityGroups(door.client, region, groups),
  ])
  const [vpcId = ""] = ofSubnets
  if (ofSubnets.length > 1) return failed(`The subnets lie in different VPCs (${ofSubnets.join(", ")}): choose those of one.`)
  if (ofGroups.some((other) => other !== vpcId))
    return failed(`The security groups lie in ${ofGroups.join(", ")}, the subnets in ${vpcId}: they must be in one VPC.`)
  const ways = await Promise.all(subnets.map((subnet) => readWay(door, region, subnet, vpcId)))
  const closed = subnets.find((_, index) => ways[index] === "gateway")
  if (closed !== undefined && config.assignPublicIp !== true)
    return failed(
      `${closed} reaches the internet only with a public address: set assignPublicIp to true, or choose subnets behind NAT. Without it a task reaches neither its image nor this control plane.`,
    )
  const prebuilt = config.containerImage === undefined
  return next(prebuilt ? "check task definition" : "check image", { vpcId, internet: [...new Set(ways)].join(",") })
}

/** A role that may not look at routes still deploys; what it cannot see is not checked. */
async function readWay({ client }: AwsDoor, region: string, subnet: string, vpcId: string): Promise<string> {
  try {
    return await wayOut(client, region, subnet, vpcId)
  } catch (error) {
    if (error instanceof AwsError && error.kind === "denied") return "unknown"
    throw error
  }
}

async function checkImage({ config, door }: EcsStep): Promise<ProvisionAnswer> {
  const image = config.containerImage ?? ""
  const inEcr = parseEcrImage(image)
  if (inEcr === null)
    return next("register task definition", { image, imageDigest: image.split("@")[1] ?? null, floating: !image.includes("@sha256:") })
  try {
    const digest = await imageDigest(door.client, inEcr)
    const byDigest = `${image.split("@")[0]?.replace(/:[^:/]+$/, "")}@${digest}`
    return next("register task definition", { image: byDigest, imageDigest: digest, floating: false })
  } catch (error) {
    if (!isNotFound(error)) throw error
    return failed(`There is no image ${image} in ECR: build and push it, or correct "containerImage".`)
  }
}

/** An ARN without an image: somebody else's definition, used as it is. */
async function checkTaskDefinition({ config, facts, door, region }: EcsStep): Promise<ProvisionAnswer> {
  const wanted = config.taskDefinitionArn ?? ""
  const found = await source({ door, region }, wanted)
  if (found === null) return failed(`There is no task definition ${wanted}: correct "taskDefinitionArn".`)
  if (found.status !== "ACTIVE") return failed(`The task definition ${wanted} is ${found.status}: choose an active revision.`)
  if (!(found.requiresCompatibilities ?? found.compatibilities ?? []).includes("FARGATE"))
    return failed(`The task definition ${wanted} is not made for Fargate.`)
  if (!found.taskRoleArn) return failed(`The task definition ${wanted} has no task role: a worker proves with it who it is.`)
  const image = (found.containerDefinitions ?? []).find(({ name }) => name === containerOf(found))?.image ?? ""
  const floating = !image.includes("@sha256:")
  return { status: "done", facts: { ...facts, ...factsOf(found), image, imageDigest: image.split("@")[1] ?? null, floating } }
}

async function register({ config, key, facts, door, region }: EcsStep): Promise<ProvisionAnswer> {
  const made = await findMade({ door, region }, config.taskFamily ?? "", key)
  if (made) return { status: "done", facts: { ...facts, ...factsOf(made) } }
  const copiedFrom = config.taskDefinitionArn
  const from = copiedFrom === undefined ? null : await source({ door, region }, copiedFrom)
  if (copiedFrom !== undefined && from === null)
    return failed(`There is no task definition ${copiedFrom} to copy: correct "taskDefinitionArn".`)
  const { managed, environment } = door
  const executionRoleArn = config.executionRoleArn ?? from?.executionRoleArn ?? managed.executionRoleArn
  const taskRoleArn = config.taskRoleArn ?? from?.taskRoleArn ?? managed.taskRoleArn
  if (!executionRoleArn || !taskRoleArn)
    return failed(`The task definition to copy has no ${executionRoleArn ? "task" : "execution"} role: give one on the clanker.`)
  const definition = definitionOf(
    {
      ...{ config, region, image: text(facts, "image"), roles: { executionRoleArn, taskRoleArn } },
      logGroup: managed.ecsLogGroup ?? `/ecs/viberglass-${environment}-worker`,
      tags: [
        { key: DEPLOYMENT_TAG, value: key },
        { key: "viberglass:environment", value: environment },
      ],
    },
    from ?? undefined,
  )
  const registered = await registerTaskDefinition(door.client, region, definition)
  return { status: "done", facts: { ...facts, ...factsOf(registered), ...(copiedFrom ? { copiedFrom } : {}) } }
}

/** A repeat of this step after a lost answer: the family's newest revision is the one that it had made. */
async function findMade(at: Pick<EcsStep, "door" | "region">, family: string, key: string) {
  try {
    const { definition, tags } = await describeTaskDefinition(at.door.client, at.region, family)
    return tags.some(({ key: name, value }) => name === DEPLOYMENT_TAG && value === key) ? definition : null
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
}

async function source({ door, region }: Pick<EcsStep, "door" | "region">, name: string) {
  try {
    return (await describeTaskDefinition(door.client, region, name)).definition
  } catch (error) {
    if (isNotFound(error)) return null
    throw error
  }
}
