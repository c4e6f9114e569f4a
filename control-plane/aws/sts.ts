import { identityRequest, type Proof, type ProofAudience, signedIdentityRequest } from "#contract/proof.ts"
import { proofSchema } from "#contract/worker.schema.ts"
import { type Aws, answered, element } from "./client.ts"

// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: every identity may ask who it is.
const FORM = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" }

export interface CallerIdentity {
  account: string
  arn: string
}

export async function callerIdentity(aws: Aws, region: string): Promise<CallerIdentity> {
  const body = "Action=GetCallerIdentity&Version=2011-06-15"
  const { text } = await aws.send({ service: "sts", action: "GetCallerIdentity", region, asks: true, headers: FORM, body })
  return identityOf(text)
}

/** Why a proof cannot be sent to STS at all: it is somebody's text. */
export class BadProof extends Error {}

const PROOF_LIMIT_MS = 5000

/**
 * Who signed this proof, in STS's words. The request is built here, for STS alone (or the endpoint that is configured for
 * it): a proof names a region and a signature, never an address. Throws BadProof, or AwsError: `denied` when STS does not
 * accept the signature.
 */
export async function identityBehind(
  aws: Aws,
  { proof, audience, fetch: call = fetch }: { proof: string; audience: ProofAudience; fetch?: typeof fetch | undefined },
): Promise<CallerIdentity> {
  const signature = readProof(proof)
  const { region } = signature
  const request = identityRequest({ region, claim: audience, endpoint: `${aws.endpointOf("sts", region)}/` })
  const { url, ...init } = signedIdentityRequest(request, signature)
  const { text } = await answered("sts:GetCallerIdentity", region, () =>
    call(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(PROOF_LIMIT_MS) }),
  )
  return identityOf(text)
}

/** Without this header under the signature, any leaked GetCallerIdentity of the role would do. */
const BOUND =
  /^AWS4-HMAC-SHA256 Credential=[^,\s]+, ?SignedHeaders=(?:[a-z0-9-]+;)*x-viberglass-claim(?:;[a-z0-9-]+)*, ?Signature=[0-9a-f]{64}$/

function readProof(text: string): Proof {
  const read = proofSchema.safeParse(parsed(text))
  if (!read.success) throw new BadProof("it is not a signature as workers make it")
  if (!BOUND.test(read.data.authorization)) throw new BadProof("its signature is not bound to this job")
  return read.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON is one of the answers; the schema says so.
    return null
  }
}

function identityOf(xml: string): CallerIdentity {
  return { account: element(xml, "Account") ?? "", arn: element(xml, "Arn") ?? "" }
}
