import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { ensureAgent } from "../testbed/agents.ts"
import { type LocalAws, startAws } from "../testbed/aws.ts"
import { controlPlanePolicy } from "../testbed/aws-policies.ts"
import { ROOT, VIBERATOR } from "./build.ts"
import { type Rig, startRig } from "./rig.ts"

/** Everything on one machine, with AWS: its stand-in starts the real worker with a real agent CLI for each task and each call. */
export interface AwsRig extends Rig {
  aws: LocalAws
}

interface Wanted {
  /** The managed defaults name the images as well: a clanker need not say anything. */
  images?: boolean
}

/** The control plane has a key of its own policy there, and rights are checked. */
export async function startAwsRig({ images = false }: Wanted = {}): Promise<AwsRig> {
  const folder = mkdtempSync(join(tmpdir(), "viberglass-aws-"))
  const agent = await ensureAgent("opencode", { root: ROOT })
  const PATH = [agent.binFolder, process.env["PATH"]].join(delimiter)
  const aws = await startAws({ worker: { command: [process.execPath, VIBERATOR], env: { PATH }, folder } })
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
    { agent: "opencode" },
    {
      ...{ AWS_REGION: made.region, AWS_ENDPOINT_URL: aws.url, MANAGED_DEFAULTS: JSON.stringify(managed) },
      ...{ AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey },
    },
  )
  return {
    ...rig,
    aws,
    async close() {
      await rig.close()
      await aws.close()
      if (process.env["KEEP_STATE"] !== "1") rmSync(folder, { recursive: true, force: true })
    },
  }
}
