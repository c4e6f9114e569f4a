// PURE: what a deploy needs to be told, and what it hands to wrangler.
import type { Environment } from "./cloudflare.ts"

export interface Target {
  /** Where people and workers reach the control plane. */
  url: string
  /** Set where the domain is to be made one of this Worker. */
  domain: string | null
  vars: Record<string, string>
  secrets: string[]
}

const ALWAYS = ["MASTER_KEYS", "WORKER_TOKEN_KEY", "SESSION_KEY"]
/** Handed on to the Worker as they are. */
const PASSED = ["AWS_REGION", "AWS_ROLE_ARN", "MANAGED_DEFAULTS", "OUTBOUND_ALLOW", "PROCESS_ENGINE"]

/** From the operator's environment; or everything that is wrong with it. */
export function readTarget(env: Readonly<Record<string, string | undefined>>): Target | string[] {
  const { APP_DOMAIN: domain, PUBLIC_URL: given } = env
  const problems = ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID"].filter((name) => !env[name]).map((name) => `${name}: is not set`)
  if (domain && given) problems.push("APP_DOMAIN and PUBLIC_URL: give one of them")
  if (!domain && !given)
    problems.push("APP_DOMAIN: is not set (a domain of this account), nor PUBLIC_URL (https://<worker>.<account>.workers.dev)")
  if (domain && !/^([a-z0-9-]+\.)+[a-z]{2,}$/.test(domain)) problems.push("APP_DOMAIN: must be a host name such as viberglass.example.com")
  if (given && !/^https:\/\/[a-z0-9.-]+(:\d+)?$/.test(given)) problems.push("PUBLIC_URL: must be an https origin without a path")
  if (problems.length > 0) return problems
  const vars = Object.fromEntries(PASSED.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
  return {
    url: domain ? `https://${domain}` : (given ?? ""),
    domain: domain || null,
    vars,
    secrets: [...ALWAYS, ...(vars["AWS_ROLE_ARN"] ? ["AWS_OIDC_KEYS"] : [])],
  }
}

export interface Built {
  name: string
  vars: Record<string, string>
  d1_databases: { database_id: string }[]
}

/** The configuration of the build with what only the deploy knows. `release` goes into the version that `/health` answers. */
export function configured<T extends Built>(built: T, target: Target, { databaseId, release }: { databaseId: string; release: string }): T {
  return {
    ...built,
    ...(target.domain ? { routes: [{ pattern: target.domain, custom_domain: true }] } : {}),
    vars: { ...built.vars, ...target.vars, PUBLIC_URL: target.url, RELEASE: release },
    d1_databases: built.d1_databases.map((database) => ({ ...database, database_id: databaseId })),
  }
}

/** How a secret that lacks is made; none of them passes through a file or a command line. */
export const SECRET_LINES: Readonly<Record<string, (environment: Environment) => string>> = {
  MASTER_KEYS: (env) =>
    `printf '{"current":"k1","keys":{"k1":"%s"}}' "$(openssl rand -base64 32)" | npx wrangler secret put MASTER_KEYS --env ${env}`,
  WORKER_TOKEN_KEY: (env) => `openssl rand -base64 32 | npx wrangler secret put WORKER_TOKEN_KEY --env ${env}`,
  SESSION_KEY: (env) => `openssl rand -base64 32 | npx wrangler secret put SESSION_KEY --env ${env}`,
  AWS_OIDC_KEYS: (env) =>
    `node -e 'const k=crypto.generateKeyPairSync("rsa",{modulusLength:2048}).privateKey.export({type:"pkcs8",format:"pem"});process.stdout.write(JSON.stringify({current:"k1",keys:{k1:k}}))' | npx wrangler secret put AWS_OIDC_KEYS --env ${env}`,
}
