import { exportJWK, importPKCS8, type JWK, SignJWT } from "jose"

// The control plane as an OpenID Connect issuer, so that AWS lends it a role without a stored key:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html

/** Private keys by id, PKCS #8 in PEM. All are published, `current` signs: a new one is published before it signs. */
export interface IssuerKeys {
  current: string
  keys: Readonly<Record<string, string>>
}

export const AWS_AUDIENCE = "sts.amazonaws.com"
export const DISCOVERY_PATH = "/.well-known/openid-configuration"
export const JWKS_PATH = "/.well-known/jwks.json"
/** AWS takes no token whose life is longer than it likes; ours is used at once. */
const LIFE_SECONDS = 300
const ALGORITHM = "RS256"

export const subjectOf = (environment: string): string => `control-plane:${environment}`

/** `issuer` is the control plane's own https origin. */
export const discovery = (issuer: string) => ({
  issuer,
  jwks_uri: issuer + JWKS_PATH,
  response_types_supported: ["id_token"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: [ALGORITHM],
  scopes_supported: ["openid"],
  claims_supported: ["sub", "aud", "exp", "iat", "iss"],
})

/** The public halves. Throws when a key cannot be read; its text is in no message. */
export async function publicKeys({ keys }: IssuerKeys): Promise<{ keys: JWK[] }> {
  const published = Object.entries(keys).map(async ([kid, pem]) => {
    const { kty, n, e } = await exportJWK(await readKey(kid, pem, true))
    return { kid, alg: ALGORITHM, use: "sig", ...(kty ? { kty } : {}), ...(n ? { n } : {}), ...(e ? { e } : {}) }
  })
  return { keys: await Promise.all(published) }
}

/** A token for AWS, good for five minutes; `now` in milliseconds. */
export async function identityToken(
  { current, keys }: IssuerKeys,
  { issuer, environment, now }: { issuer: string; environment: string; now: number },
): Promise<string> {
  const issuedAt = Math.floor(now / 1000)
  return new SignJWT({})
    .setProtectedHeader({ alg: ALGORITHM, kid: current, typ: "JWT" })
    .setIssuer(issuer)
    .setAudience(AWS_AUDIENCE)
    .setSubject(subjectOf(environment))
    .setJti(crypto.randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFE_SECONDS)
    .sign(await readKey(current, keys[current] ?? "", false))
}

async function readKey(id: string, pem: string, extractable: boolean) {
  try {
    return await importPKCS8(pem, ALGORITHM, { extractable })
  } catch {
    // The library's words may quote the key.
    throw new Error(`AWS_OIDC_KEYS: the key ${id} is not an RSA key in PKCS #8 PEM`)
  }
}
