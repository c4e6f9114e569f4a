// The only file of this stack that reads configuration and the outputs of another.
import { readFileSync } from "node:fs"
import type { Output } from "@pulumi/pulumi"
import { type Common, outputsOf, Reading, STACK_NAME } from "../read.ts"

export interface Image {
  repository: string
  agents: string[]
}
export interface WorkersConfig extends Common {
  account: Output<string>
  makeRepositories: boolean
  containerInsights: boolean
  /** By selector: `multi-agent`, `claude` … */
  images: Record<string, Image>
  network: { subnetIds: Output<string[]>; securityGroupId: Output<string>; assignPublicIp: Output<boolean> }
  ecsLogGroup: Output<string>
  lambdaLogGroup: Output<string>
  kmsAlias: Output<string>
}

export function readConfig(): WorkersConfig {
  const reading = new Reading()
  const baseStack = reading.text("baseStack", STACK_NAME)
  const config = {
    ...reading.common("workers"),
    makeRepositories: reading.oneOf("repositories", ["create", "existing"]) === "create",
    containerInsights: reading.flag("containerInsights"),
    images: readImages(),
  }
  reading.finish(config)
  const base = outputsOf(baseStack)
  return {
    ...config,
    account: base.text("account"),
    network: {
      subnetIds: base.texts("workerSubnetIds"),
      securityGroupId: base.text("workerSecurityGroupId"),
      assignPublicIp: base.flag("assignPublicIp"),
    },
    ...{ ecsLogGroup: base.text("ecsLogGroup"), lambdaLogGroup: base.text("lambdaLogGroup"), kmsAlias: base.text("kmsAlias") },
  }
}

/** The catalogue that the script and the control plane read too. */
function readImages(): Record<string, Image> {
  const { images }: { images: Record<string, Image> } = JSON.parse(readFileSync(new URL("images.json", import.meta.url), "utf8"))
  return images
}
