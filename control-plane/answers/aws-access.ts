import type { AwsCheck, AwsChecks } from "#contract/settings.ts"
import { parseEcrImage, imageDigest } from "../aws/ecr.ts"
import { vpcsOfSecurityGroups, vpcsOfSubnets } from "../aws/ec2.ts"
import { describeCluster, listTasks } from "../aws/ecs.ts"
import { AwsError, isNotFound } from "../aws/errors.ts"
import { getFunction } from "../aws/lambda.ts"
import { readLog } from "../aws/logs.ts"
import { callerIdentity } from "../aws/sts.ts"
import { NO_CREDENTIALS } from "../compute/aws.ts"
import { type Context, iso } from "../context.ts"

/** Nothing is made or changed: each check asks, and says in words what came back. */
export async function checkAwsAccess(context: Context): Promise<AwsChecks> {
  const { aws, config } = context
  const region = config.managed.region ?? config.aws.region
  const about = { region, checkedAt: iso(context.now()) }
  if (aws === null) return { ...about, identity: null, checks: [{ name: "credentials", state: "missing", message: NO_CREDENTIALS }] }
  let identity: string | null = null
  const credentials = await check("credentials", async () => {
    const { arn } = await callerIdentity(aws, region)
    identity = arn
    return `AWS knows this control plane as ${arn}.`
  })
  if (credentials.state !== "ready") return { ...about, identity, checks: [credentials] }
  const looked = await Promise.all(looks(context, region).map(({ name, look }) => (look ? check(name, look) : unset(name))))
  return { ...about, identity, checks: [credentials, ...looked] }
}

interface Look {
  name: string
  /** Null: the managed defaults do not say what to look at. */
  look: (() => Promise<string>) | null
}

function looks({ aws, now, config: { managed, environment } }: Context, region: string): Look[] {
  if (aws === null) return []
  const { cluster, subnetIds, securityGroupIds, ecsImage, lambdaImage, lambdaLogGroup } = managed
  const group = lambdaLogGroup ?? `/aws/lambda/viberglass-${environment}-worker`
  const image = (uri: string) => async () => {
    const inEcr = parseEcrImage(uri)
    return inEcr === null ? `${uri} lies outside ECR: not looked at.` : `${uri} is ${await imageDigest(aws, inEcr)}.`
  }
  return [
    {
      name: "cluster",
      look: cluster
        ? async () => {
            const found = await describeCluster(aws, region, cluster)
            if (found === null) throw new Error(`There is no cluster ${cluster} in ${region}.`)
            return `The cluster ${found.clusterName} is ${found.status}.`
          }
        : null,
    },
    {
      name: "tasks",
      look: cluster
        ? async () =>
            `${(await listTasks(aws, region, { cluster, startedBy: "viberglass-access-check", desiredStatus: "RUNNING" })).length} tasks.`
        : null,
    },
    { name: "subnets", look: subnetIds ? async () => `They lie in ${(await vpcsOfSubnets(aws, region, subnetIds)).join(", ")}.` : null },
    {
      name: "security groups",
      look: securityGroupIds ? async () => `They lie in ${(await vpcsOfSecurityGroups(aws, region, securityGroupIds)).join(", ")}.` : null,
    },
    { name: "image for tasks", look: ecsImage ? image(ecsImage) : null },
    { name: "image for functions", look: lambdaImage ? image(lambdaImage) : null },
    {
      name: "functions",
      look: async () => {
        await getFunction(aws, region, "viberator-access-check")
        return "Functions can be looked up."
      },
    },
    {
      name: "functions' log",
      look: async () => {
        await readLog(aws, region, group, now())
        return `${group} can be read.`
      },
    },
  ]
}

const unset = async (name: string): Promise<AwsCheck> => ({
  name,
  state: "unknown",
  message: "The managed defaults name none: clankers must say it themselves.",
})

async function check(name: string, look: () => Promise<string>): Promise<AwsCheck> {
  try {
    return { name, state: "ready", message: await look() }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const missing = isNotFound(error) || !(error instanceof AwsError)
    return { name, state: missing ? "missing" : error.kind === "denied" ? "denied" : "unknown", message: error.message }
  }
}
