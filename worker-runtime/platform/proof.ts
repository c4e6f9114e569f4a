// Who this worker is, in AWS's own words: a signature of its role that only AWS can check.
import { identityRequest } from "#contract/proof.ts"
import type { Proof } from "#contract/proof.ts"
import type { Launch } from "#contract/worker.ts"
import type { Log } from "../log.ts"
import type { Redactor } from "../redact.ts"

/** The machine's own credentials come from its environment or from an address on the machine. */
const CREDENTIALS_MS = 5_000

export interface ProofNeeds {
  launch: Launch
  region?: string
  /** Instead of AWS's: an emulator. */
  stsUrl?: string
  /** The ARN of a task names its region too. */
  computeId: string
  log: Log
  redactor: Redactor
}

/**
 * The proof for the claim: `sts:GetCallerIdentity` signed with the role of this task or function, bound to this attempt
 * and this control plane, as JSON. Null, with a line in the log, when there are no credentials: then the control plane
 * decides without it. Never throws.
 */
export async function proveIdentity({ launch, region, stsUrl, computeId, log, redactor }: ProofNeeds): Promise<string | null> {
  const [, regionOfArn] = /^arn:[\w-]+:\w+:([\w-]+):/.exec(computeId) ?? []
  const place = region ?? regionOfArn
  if (place === undefined) {
    log.warn("no-proof", { why: "AWS_REGION is not set" })
    return null
  }
  try {
    const credentials = await ownCredentials()
    const proof = await sign({ launch, region: place, stsUrl, credentials })
    const [, signature = ""] = proof.authorization.split("Signature=")
    for (const secret of [credentials.secretAccessKey, signature, proof.securityToken ?? ""]) redactor.register(secret)
    return JSON.stringify(proof)
  } catch (error) {
    log.warn("no-proof", { why: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
    return null
  }
}

interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** Loaded only on AWS. On ECS the provider asks the task's credentials endpoint, on Lambda it reads the environment. */
async function ownCredentials(): Promise<Credentials> {
  const { defaultProvider } = await import("./aws-sdk.ts")
  const late = AbortSignal.timeout(CREDENTIALS_MS)
  const tooLate = new Promise<never>((_resolve, reject) => late.addEventListener("abort", () => reject(late.reason)))
  return Promise.race([defaultProvider()(), tooLate])
}

interface Signing {
  launch: Launch
  region: string
  stsUrl: string | undefined
  credentials: Credentials
}

async function sign({ launch, region, stsUrl, credentials }: Signing): Promise<Proof> {
  const { AwsV4Signer } = await import("aws4fetch")
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const request = identityRequest({ region, claim: launch, ...(stsUrl === undefined ? {} : { endpoint: stsUrl }) })
  const session = sessionToken === undefined ? {} : { sessionToken }
  const signer = new AwsV4Signer({ ...request, region, service: "sts", accessKeyId, secretAccessKey, ...session })
  const { headers } = await signer.sign()
  return {
    region,
    authorization: headers.get("authorization") ?? "",
    date: headers.get("x-amz-date") ?? "",
    ...(sessionToken === undefined ? {} : { securityToken: sessionToken }),
  }
}
