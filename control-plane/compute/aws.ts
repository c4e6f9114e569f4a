import type { Failure } from "#contract/failures.ts"
import { AwsError } from "../aws/errors.ts"
import { identityBehind, BadProof } from "../aws/sts.ts"
import type { AwsDoor, Claimant, DeploymentFacts, LaunchAnswer, Proven, ProvisionAnswer, WorkerHandle } from "./strategy.ts"

// What both strategies on AWS share.

export const NO_CREDENTIALS =
  "This control plane has no credentials for AWS: set AWS_ROLE_ARN with AWS_OIDC_KEYS, or an access key (docs/aws.md), then start again."

/** A step of a deployment: what AWS says no to ends it with AWS's words, what may pass is thrown and so repeated. */
export async function settled(step: () => Promise<ProvisionAnswer>): Promise<ProvisionAnswer> {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof AwsError) || error.kind === "transient" || error.kind === "throttled") throw error
    return { status: "failed", message: error.message }
  }
}

/** What a refused launch means. An answer that was lost is thrown: the same try, with the same token, is repeated. */
export function refusedLaunch(error: unknown): LaunchAnswer {
  if (!(error instanceof AwsError) || error.lost) throw error
  if (error.kind === "throttled" || isFull(error.message)) return { status: "not-now", reason: error.message }
  return { status: "refused", transient: error.kind === "transient", failure: launchRefused(error.code, error.message) }
}

/** A quota of tasks that run at once: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
const isFull = (message: string): boolean => /limit on the number of (tasks|vCPUs)/i.test(message)

export const launchRefused = (awsCode: string, detail: string): Failure => ({ kind: "launch-refused", awsCode, detail })

export const notDeployed: LaunchAnswer = {
  status: "refused",
  transient: false,
  failure: { kind: "launch-refused", detail: "The deployment does not say where it lies: start the clanker again." },
}

/** A fact that is text, or nothing. */
export const text = (facts: DeploymentFacts, name: string): string => {
  const value = facts[name]
  return typeof value === "string" ? value : ""
}
export const list = (facts: DeploymentFacts, name: string): string[] => text(facts, name).split(",").filter(Boolean)

/**
 * The claimant's pre-signed question to STS must be answered with the role that was launched, and with this session's name:
 * ECS names a task's session after the task, Lambda a function's after the function.
 */
export async function proveIdentity(
  { client, publicUrl, fetch: call }: AwsDoor,
  { jobId, attempt }: WorkerHandle,
  claimant: Claimant,
  { roleArn, isSession }: { roleArn: string; isSession: (name: string) => Promise<boolean> },
): Promise<Proven> {
  if (claimant.proof === undefined) return { ok: false, reason: "it brought no proof of where it runs" }
  try {
    const { account, arn } = await identityBehind(client, {
      proof: claimant.proof,
      audience: { controlPlaneUrl: publicUrl, jobId, attempt },
      fetch: call,
    })
    const [, role, session = ""] = /:assumed-role\/([^/]+)\/(.+)$/.exec(arn) ?? []
    const [, ownAccount, path = ""] = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(.+)$/.exec(roleArn) ?? []
    if (account !== ownAccount) return { ok: false, reason: `it runs in the AWS account ${account}` }
    if (role !== path.split("/").at(-1)) return { ok: false, reason: `it has another role: ${arn}` }
    return (await isSession(session)) ? { ok: true } : { ok: false, reason: `it is another worker: ${session}` }
  } catch (error) {
    if (error instanceof BadProof) return { ok: false, reason: `its proof is of no use: ${error.message}` }
    if (!(error instanceof AwsError)) throw error
    if (error.kind === "transient" || error.kind === "throttled") return { ok: false, later: true, reason: error.message }
    return { ok: false, reason: `STS does not accept its proof (${error.code})` }
  }
}
