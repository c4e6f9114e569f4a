import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import type { AgentSlug } from "#contract/agents.ts"
import { ensureAgent } from "../testbed/agents.ts"
import { type AwsWorker, type LocalAws, startAws } from "../testbed/aws.ts"
import { controlPlanePolicy } from "../testbed/aws-policies.ts"
import { layFunction } from "../testbed/runtime-client.ts"
import { build, ROOT, VIBERATOR } from "./build.ts"
import { type Rig, startRig } from "./rig.ts"

/** Everything on one machine, with AWS: its stand-in starts the real worker with a real agent CLI for each task and each call. */
export interface AwsRig extends Rig {
  aws: LocalAws
  /** Why functions cannot run here; null when they can. */
  noRuntime: string | null
}

interface Wanted {
  /** The managed defaults name the images as well: a clanker need not say anything. */
  images?: boolean
  agent?: AgentSlug
  /** The socket of an engine: machines of AWS are containers of our images, and not processes. */
  docker?: string
}

/** The control plane has a key of its own policy there, and rights are checked. */
export async function startAwsRig({ images = false, agent = "opencode", docker }: Wanted = {}): Promise<AwsRig> {
  build()
  const folder = mkdtempSync(join(tmpdir(), "viberglass-aws-"))
  const { worker, noRuntime } = docker === undefined ? await processes(agent, folder) : { worker: { docker }, noRuntime: null }
  const aws = await startAws({ worker: { ...worker, folder } })
  const key = await aws.user("control-plane", controlPlanePolicy())
  // The base stack makes it; a function would write to it only once it ran.
  await aws.json("logs", "Logs_20140328.CreateLogGroup", { logGroupName: "/aws/lambda/viberglass-local-worker" })
  await aws.checkRights(true)
  const { made } = aws
  const managed = {
    ...{ region: made.region, cluster: made.clusterArn, executionRoleArn: made.executionRoleArn, taskRoleArn: made.taskRoleArn },
    ...{ lambdaRoleArn: made.lambdaRoleArn, subnetIds: made.subnetIds, securityGroupIds: made.securityGroupIds },
    ...(images ? { ecsImage: made.image, lambdaImage: made.image } : {}),
    assignPublicIp: true,
  }
  const rig = await startRig(
    { agent },
    {
      ...{ AWS_REGION: made.region, AWS_ENDPOINT_URL: aws.url, MANAGED_DEFAULTS: JSON.stringify(managed) },
      ...{ AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey },
    },
  )
  return {
    ...rig,
    ...{ aws, noRuntime },
    async close() {
      await rig.close()
      await aws.close()
      if (process.env["KEEP_STATE"] !== "1") rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What the machines of AWS start here, and with what variables. */
async function processes(slug: AgentSlug, folder: string): Promise<{ worker: Omit<AwsWorker, "folder">; noRuntime: string | null }> {
  const agent = await ensureAgent(slug, { root: ROOT })
  const env = { PATH: [agent.binFolder, process.env["PATH"]].join(delimiter) }
  const command = [process.execPath, VIBERATOR]
  try {
    const bundle = await layFunction(ROOT, VIBERATOR, join(folder, "function"))
    return { worker: { env, command, runtime: [process.execPath, bundle] }, noRuntime: null }
  } catch (error) {
    // AWS's runtime client is compiled here: where that cannot be, tasks still run.
    return { worker: { env, command }, noRuntime: String(error) }
  }
}
