import { answered, type Credentials, element } from "./client.ts"
import { AwsError } from "./errors.ts"
import { identityToken, type IssuerKeys } from "./identity.ts"

/** Where credentials come from: keys that were given, or a role that AWS lends for an hour to whom our issuer vouches for. */
export type CredentialSource =
  | { kind: "keys"; credentials: Credentials }
  | { kind: "role"; roleArn: string; keys: IssuerKeys; issuer: string; environment: string }

/** What is known in this instance; `null` ages: none were needed yet. */
export interface CredentialHealth {
  source: "keys" | "role"
  ageSeconds: number | null
  expiresInSeconds: number | null
  /** The last attempt to get some failed: AWS's words. */
  problem: string | null
}

/** So long before they end they are renewed. */
const EARLY_MS = 5 * 60_000
const LIFE_SECONDS = 3600
const CALL_LIMIT_MS = 5000

interface Kept {
  credentials: Credentials
  fetchedAt: number
  expiresAt: number
}
// In memory only, for all requests of one instance of the Worker. Values are kept, never promises: one that another request
// began cannot be awaited here.
const kept = new Map<string, Kept>()
const problems = new Map<string, string>()

export interface CredentialOptions {
  source: CredentialSource
  stsEndpoint: (region: string) => string
  now: () => number
  fetch?: typeof fetch | undefined
}

/** Throws AwsError when AWS lends nothing. Credentials that still hold are used while a renewal fails. */
export async function credentialsFor(options: CredentialOptions, region: string): Promise<Credentials> {
  const { source, now } = options
  if (source.kind === "keys") return source.credentials
  const key = keyOf(source)
  const known = kept.get(key)
  if (known && known.expiresAt - EARLY_MS > now()) return known.credentials
  try {
    const fresh = await assume(options, source, region)
    kept.set(key, fresh)
    problems.delete(key)
    return fresh.credentials
  } catch (error) {
    problems.set(key, error instanceof Error ? error.message : String(error))
    if (known && known.expiresAt > now()) return known.credentials
    throw error
  }
}

export function credentialHealth({ source, now }: Pick<CredentialOptions, "source" | "now">): CredentialHealth {
  if (source.kind === "keys") return { source: "keys", ageSeconds: null, expiresInSeconds: null, problem: null }
  const known = kept.get(keyOf(source))
  const seconds = (ms: number) => Math.round(ms / 1000)
  return {
    source: "role",
    ageSeconds: known ? seconds(now() - known.fetchedAt) : null,
    expiresInSeconds: known ? seconds(known.expiresAt - now()) : null,
    problem: problems.get(keyOf(source)) ?? null,
  }
}

/** Another role, issuer or set of keys has credentials of its own. */
const keyOf = ({ roleArn, issuer, keys }: Extract<CredentialSource, { kind: "role" }>): string =>
  [roleArn, issuer, keys.current, ...Object.keys(keys.keys)].join("\n")

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html: an unsigned form to the regional endpoint. */
async function assume(
  { stsEndpoint, now, fetch: call = fetch }: CredentialOptions,
  { roleArn, keys, issuer, environment }: Extract<CredentialSource, { kind: "role" }>,
  region: string,
): Promise<Kept> {
  const action = "sts:AssumeRoleWithWebIdentity"
  const fetchedAt = now()
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: roleArn,
    RoleSessionName: `viberglass-${environment}`,
    DurationSeconds: String(LIFE_SECONDS),
    WebIdentityToken: await identityToken(keys, { issuer, environment, now: fetchedAt }),
  })
  const { text } = await answered(action, region, () =>
    call(stsEndpoint(region), { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(CALL_LIMIT_MS) }),
  )
  const [accessKeyId, secretAccessKey, sessionToken, expiration] = ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"].map(
    (name) => element(text, name) ?? "",
  )
  const expiresAt = Date.parse(expiration ?? "")
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(expiresAt))
    throw new AwsError({ kind: "transient", code: "BadAnswer", action, message: "AWS answered a role's session without its credentials." })
  return { credentials: { accessKeyId, secretAccessKey, sessionToken }, fetchedAt, expiresAt }
}
