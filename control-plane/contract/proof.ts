// PURE: the request by which a worker on AWS shows who it is (worker-protocol.md, "Claim"). The worker signs it with its
// role's credentials; the control plane builds the same request, adds the signature and lets AWS say whose it is.
import type { z } from "zod"
import type { proofSchema } from "./worker.schema.ts"

/** What travels in `claim.compute.proof`, as JSON. No address: the control plane asks AWS, not whom a worker names. */
export type Proof = z.infer<typeof proofSchema>

export interface ProofRequest {
  method: "POST"
  url: string
  headers: Record<string, string>
  body: string
}

/** Signed, so that a proof serves one attempt at one control plane and nothing else that accepts such requests. */
const AUDIENCE_HEADER = "x-viberglass-claim"

/**
 * `sts:GetCallerIdentity`, unsigned. Any identity may call it, whatever its policies say. AWS takes a signature for
 * 15 minutes after its date (AWS STS API reference; Signature Version 4).
 */
export function identityRequest({ region, claim, endpoint }: { region: string; claim: ProofAudience; endpoint?: string }): ProofRequest {
  const { controlPlaneUrl, jobId, attempt } = claim
  return {
    method: "POST",
    url: endpoint ?? `https://sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}/`,
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      [AUDIENCE_HEADER]: `${controlPlaneUrl.replace(/\/+$/, "")} ${jobId} ${attempt}`,
    },
    body: "Action=GetCallerIdentity&Version=2011-06-15",
  }
}

/** Whose claim it is, and to whom. `controlPlaneUrl` as the worker was given it. */
export interface ProofAudience {
  controlPlaneUrl: string
  jobId: string
  attempt: number
}

/** The same request with the signature of a proof: what the control plane sends. */
export function signedIdentityRequest(request: ProofRequest, { authorization, date, securityToken }: Proof): ProofRequest {
  const token = securityToken === undefined ? {} : { "x-amz-security-token": securityToken }
  return { ...request, headers: { ...request.headers, authorization, "x-amz-date": date, ...token } }
}
