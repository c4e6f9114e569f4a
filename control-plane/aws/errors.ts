/** What a caller may do about it: wait, wait longer, change something, or take the absence as an answer. */
export type AwsErrorKind = "transient" | "throttled" | "permanent" | "denied" | "not-found"

/**
 * A request that AWS did not carry out, classed once, here. `lost` means that nobody knows whether it was carried out: only
 * then may the same request be sent again with the same token and nothing else.
 */
export class AwsError extends Error {
  readonly kind: AwsErrorKind
  /** AWS's own code, for example `ClusterNotFoundException`; `NoAnswer` when there was none. */
  readonly code: string
  /** `service:Action`, as IAM spells it. */
  readonly action: string
  readonly lost: boolean

  constructor(fields: { kind: AwsErrorKind; code: string; action: string; lost?: boolean; message: string }) {
    super(fields.message)
    this.name = "AwsError"
    this.kind = fields.kind
    this.code = fields.code
    this.action = fields.action
    this.lost = fields.lost ?? false
  }
}

export const isNotFound = (error: unknown): error is AwsError => error instanceof AwsError && error.kind === "not-found"

/** What AWS said no with: status, and the code and words out of its body. */
export interface Refusal {
  status: number
  code: string
  message: string
}

// Codes by family, as the services' API references list them under "Errors" and "Common errors".
const THROTTLED =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ProvisionedThroughputExceeded|PriorRequestNotComplete|EC2Throttled)/
const DENIED =
  /^(AccessDenied|UnauthorizedOperation|UnauthorizedAccess|AuthFailure|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|ExpiredToken|RequestExpired|OptInRequired|InvalidIdentityToken)/
const ABSENT = /(NotFound|NotFoundException|DoesNotExist|NoSuchEntity)(Exception)?$|\.NotFound$|^RepositoryNotFound|^ImageNotFound/
const TRANSIENT =
  /^(InternalFailure|InternalError|InternalServer|ServerException|ServiceException|ServiceUnavailable|RequestTimeout|IDPCommunicationError|EC2Unexpected|ResourceConflict|ResourceNotReady|PreconditionFailed)/

export function classify({ status, code, message }: Refusal): AwsErrorKind {
  if (THROTTLED.test(code) || status === 429) return "throttled"
  if (TRANSIENT.test(code)) return "transient"
  if (DENIED.test(code) || status === 401 || status === 403) return "denied"
  // ECS says "ClientException: Unable to describe task definition." for one that is not there.
  if (ABSENT.test(code) || message.startsWith("Unable to describe task definition")) return "not-found"
  return status >= 500 ? "transient" : "permanent"
}

/** `action` is `service:Action`; the sentence says what AWS said and what to do. Never a header, a key or a body of ours. */
export function awsError(action: string, region: string, refusal: Refusal): AwsError {
  const kind = classify(refusal)
  const { code, message } = refusal
  const words = message === "" ? code : `${code}: ${message}`
  return new AwsError({
    kind,
    code,
    action,
    lost: refusal.status >= 500,
    message: sentence(kind, { action, region, code, words, message }),
  })
}

function sentence(
  kind: AwsErrorKind,
  { action, region, code, words, message }: { action: string; region: string; code: string; words: string; message: string },
): string {
  switch (kind) {
    case "throttled":
      return `AWS takes no more ${action} calls in ${region} for the moment (${words}).`
    case "transient":
      return `AWS could not carry out ${action} in ${region} for the moment (${words}).`
    case "not-found":
      return `AWS does not know what ${action} was asked about in ${region} (${words}).`
    case "denied":
      if (action === LENDING) return notLent(words, code)
      return isIdentityProblem(code)
        ? `AWS does not accept the control plane's credentials for ${action} (${words}): check them, and the clock of this machine.`
        : `AWS does not allow ${deniedAction(action, message)} to the control plane (${words}): add it to the policy of its role or user.`
    case "permanent":
      return `AWS refused ${action} in ${region} (${words}).`
  }
}

const LENDING = "sts:AssumeRoleWithWebIdentity"
/** AWS says the same for a role that is not there as for one that trusts somebody else. */
const notLent = (words: string, code: string): string =>
  code === "AccessDenied"
    ? `AWS does not lend the control plane its role (${LENDING}: ${words}): check AWS_ROLE_ARN, and issuer, audience and ENVIRONMENT in the trust policy of that role.`
    : `AWS does not accept the control plane's own token (${LENDING}: ${words}): check IAM's identity provider for PUBLIC_URL and its audience, AWS_OIDC_KEYS, and the clock.`

const isIdentityProblem = (code: string): boolean =>
  /InvalidClientTokenId|UnrecognizedClient|Signature|AuthFailure|ExpiredToken|RequestExpired|InvalidIdentityToken/.test(code)

/**
 * AWS may refuse another action than the one that was called: `iam:PassRole` within `ecs:RunTask`, for example. Lambda says
 * in words of its own what it was not allowed to do in the caller's name with a network or an image.
 */
function deniedAction(action: string, message: string): string {
  if (message.includes("permission to access the ECR image")) return "ecr:BatchGetImage and ecr:GetDownloadUrlForLayer"
  const ofNetwork = /denied by EC2, .*permission to (Describe[A-Za-z]+)/.exec(message)?.[1]
  if (ofNetwork !== undefined) return `ec2:${ofNetwork}`
  return /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)/.exec(message)?.[1] ?? action
}

/** The call left, or did not, and nothing came back: it may have been carried out. */
export const noAnswer = (action: string, region: string, why: string): AwsError =>
  new AwsError({
    kind: "transient",
    code: "NoAnswer",
    action,
    lost: true,
    message: `AWS did not answer ${action} in ${region} (${why}).`,
  })
