// The only file of this stack that reads configuration.
import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity.js"
import type { Output } from "@pulumi/pulumi"
import { type Common, Reading } from "../read.ts"

export interface BaseConfig extends Common {
  account: Output<string>
  network: { mode: "public" } | { mode: "enterprise"; nat: "single" | "per-az" }
  endpoints: boolean
  logRetentionDays: number
}

export function readConfig(): BaseConfig {
  const reading = new Reading()
  const mode = reading.oneOf("networkMode", ["public", "enterprise"])
  const nat = reading.oneOf("natGateways", ["single", "per-az"])
  const config = {
    ...reading.common("base"),
    network: mode === "public" ? ({ mode } as const) : ({ mode, nat } as const),
    endpoints: reading.flag("endpoints"),
    logRetentionDays: reading.retention("logRetentionDays"),
  }
  return { ...reading.finish(config), account: getCallerIdentityOutput().accountId }
}
