// PURE: functions as they are made, and what a function's description means.
import type { FunctionCodeLocation, FunctionConfiguration } from "@aws-sdk/client-lambda"
import type { DeploymentConfig } from "#contract/clankers.ts"
import { MAX_EVENT_AGE_SECONDS } from "./lambda-report.ts"
import type { DeploymentFacts, ProvisionAnswer } from "./strategy.ts"

export type LambdaConfig = Extract<DeploymentConfig, { computeType: "lambda" }>

/** What jobs invoke: it moves to a new version only when that version is ready. */
export const ALIAS = "live"
/** The queue and the retries are ours: AWS neither repeats an event nor keeps it long. */
export const RULES = { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS } as const
/** Between two looks at something that AWS is still at. */
export const POLL_MS = 1000

/** Sent when the function is made and with each change: what is left out of a change stays as it was. */
export const configurationOf = (config: LambdaConfig, logGroup: string) => ({
  Role: config.roleArn,
  Timeout: config.timeout,
  MemorySize: config.memorySize,
  EphemeralStorage: { Size: config.ephemeralStorage },
  // Empty lists take a function out of its VPC again.
  VpcConfig: { SubnetIds: config.vpcConfig?.subnetIds ?? [], SecurityGroupIds: config.vpcConfig?.securityGroupIds ?? [] },
  LoggingConfig: { LogFormat: "JSON" as const, SystemLogLevel: "INFO" as const, ApplicationLogLevel: "INFO" as const, LogGroup: logGroup },
})

/** What AWS's own word of a function or version asks for: null when it is settled, which need not have been seen at work. */
export function unsettled(configuration: FunctionConfiguration): Extract<ProvisionAnswer, { status: "wait" | "failed" }> | null {
  // `Inactive` is one that nobody has called for long: it serves the next call.
  const { State, StateReason, StateReasonCode, LastUpdateStatus, LastUpdateStatusReason, LastUpdateStatusReasonCode } = configuration
  if (State === "Failed") return failed(`The function failed: ${StateReason ?? ""} (${StateReasonCode ?? "no code"}).`)
  if (LastUpdateStatus === "Failed")
    return failed(`The function was not updated: ${LastUpdateStatusReason ?? ""} (${LastUpdateStatusReasonCode ?? "no code"}).`)
  if (State === "Pending") return wait("the function is being made")
  return LastUpdateStatus === "InProgress" ? wait("the function is being updated") : null
}

const failed = (message: string) => ({ status: "failed" as const, message })
const wait = (reason: string) => ({ status: "wait" as const, ms: POLL_MS, reason })

/** What people see of a version, and what a launch needs of it. */
export function factsOf(
  { memorySize, timeout, architecture, roleArn }: LambdaConfig,
  { seen, code, logGroup }: { seen: FunctionConfiguration; code: FunctionCodeLocation | undefined; logGroup: string },
): DeploymentFacts {
  const [digest] = /sha256:[0-9a-f]{64}$/.exec(code?.ResolvedImageUri ?? "") ?? []
  return {
    functionArn: (seen.FunctionArn ?? "").replace(/:(\d+|\$LATEST)$/, ""),
    state: seen.State ?? "",
    lastUpdateStatus: seen.LastUpdateStatus ?? "",
    memorySize: seen.MemorySize ?? memorySize,
    timeout: seen.Timeout ?? timeout,
    architecture,
    roleArn: seen.Role ?? roleArn ?? "",
    lastModified: seen.LastModified ?? null,
    logGroup,
    ...vpcFactsOf(seen),
    ...(digest ? { imageDigest: digest } : {}),
  }
}

function vpcFactsOf({ VpcConfig }: FunctionConfiguration): DeploymentFacts {
  const { VpcId: vpcId, SubnetIds: subnets = [], SecurityGroupIds: groups = [] } = VpcConfig ?? {}
  return vpcId ? { vpcId, subnetIds: subnets.join(","), securityGroupIds: groups.join(",") } : {}
}
