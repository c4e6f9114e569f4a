import type { DurableObject } from "cloudflare:workers"
import type { ManagedDefaults } from "#contract/managed.ts"
import { managedDefaultsSchema } from "#contract/managed.schema.ts"

/** A Durable Object namespace, narrowed to what its stub promises; each noun adds its own binding to `Bindings`. */
export interface ObjectNamespace<Stub> {
  idFromName(name: string): DurableObjectId
  get(id: DurableObjectId): Stub
}

/** The class of an object as `worker.ts` extends it; `idle` resolves when none of its effects is in flight. */
export type ObjectClass<Stub> = new (
  ctx: DurableObjectState,
  env: Bindings,
) => DurableObject<Bindings> & Omit<Stub, "fetch"> & { idle(): Promise<void> }

/** What the platform hands in: `wrangler.toml` declares it, this file alone reads it. */
export interface Bindings {
  DB: D1Database
  BUCKET: R2Bucket
  ASSETS?: Fetcher
  ENVIRONMENT?: string
  PUBLIC_URL?: string
  MASTER_KEYS?: string
  WORKER_TOKEN_KEY?: string
  SESSION_KEY?: string
  PROCESS_ENGINE?: string
  OUTBOUND_ALLOW?: string
  MANAGED_DEFAULTS?: string
  /** Of a deploy: its commit and time. */
  RELEASE?: string
  AWS_REGION?: string
  AWS_ROLE_ARN?: string
  AWS_OIDC_KEYS?: string
  AWS_ACCESS_KEY_ID?: string
  AWS_SECRET_ACCESS_KEY?: string
  AWS_SESSION_TOKEN?: string
  AWS_EVENTS_KEYS?: string
  /** Of an emulator, for all services; `AWS_ENDPOINT_URL_<SERVICE>` goes before it for one. */
  AWS_ENDPOINT_URL?: string
  AWS_ENDPOINT_URL_ECS?: string
  AWS_ENDPOINT_URL_LAMBDA?: string
  AWS_ENDPOINT_URL_STS?: string
  AWS_ENDPOINT_URL_SSM?: string
  AWS_ENDPOINT_URL_ECR?: string
  AWS_ENDPOINT_URL_EC2?: string
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS?: string
}

export interface Config {
  environment: "local" | "dev" | "prod"
  /** Origin under which people and workers reach this control plane, without a trailing slash. */
  publicUrl: string
  /** Whether hosts without isolation may run jobs: development only, unless an operator says otherwise. */
  allowProcessEngine: boolean
  /** Origins that are called although they are not public, or not https. */
  outboundAllow: readonly string[]
  aws: AwsConfig
  /** What the workers stack made for clankers. */
  managed: ManagedDefaults
}

export interface AwsConfig {
  /** Where nothing names another one. */
  region: string
  /** The role that AWS lends to this control plane's own issuer; null: static keys, or no AWS at all. */
  roleArn: string | null
  endpoints: Partial<Record<(typeof AWS_ENDPOINTS)[number][0], string>>
}
/** The names that the AWS SDKs read too. */
const AWS_ENDPOINTS = [
  ["default", "AWS_ENDPOINT_URL"],
  ["ecs", "AWS_ENDPOINT_URL_ECS"],
  ["lambda", "AWS_ENDPOINT_URL_LAMBDA"],
  ["sts", "AWS_ENDPOINT_URL_STS"],
  ["ssm", "AWS_ENDPOINT_URL_SSM"],
  ["ecr", "AWS_ENDPOINT_URL_ECR"],
  ["ec2", "AWS_ENDPOINT_URL_EC2"],
  ["logs", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"],
] as const
const DEFAULT_REGION = "eu-west-1"

/** Kept apart from `Config`, so that logging or answering a config can never leak a key. */
export interface Keys {
  /** Master keys by id; new ciphertexts use `current`, old ids stay until nothing names them. */
  master: { current: string; keys: Record<string, Uint8Array> }
  /** Keys launch tokens (HMAC-SHA-256). */
  workerToken: Uint8Array
  /** Signs session cookies. */
  session: string
  /** Static credentials of AWS; null when a role is used, or AWS not at all. */
  aws: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | null
  /** Private keys (PKCS #8, PEM) by id, with which this control plane vouches for itself; all are published, `current` signs. */
  issuer: { current: string; keys: Record<string, string> } | null
  /** What AWS's events come with, one or two while it is changed; null: this control plane takes none. */
  awsEvents: readonly string[] | null
}

export type Settings = { ok: true; config: Config; keys: Keys } | { ok: false; problems: string[] }

export const VERSION = "0.1.0"

/** With what a deploy calls itself, as build metadata of semantic versioning. */
export const versionOf = ({ RELEASE }: Pick<Bindings, "RELEASE">): string => (RELEASE ? `${VERSION}+${RELEASE}` : VERSION)

/** Reads everything at once, so that an operator sees the whole list of what is wrong and not the first of it. */
export function readSettings(env: Partial<Bindings>): Settings {
  const problems: string[] = []
  if (!env.DB) problems.push("DB: the D1 binding is missing")
  if (!env.BUCKET) problems.push("BUCKET: the R2 binding is missing")
  const environment = oneOf(env.ENVIRONMENT, ["local", "dev", "prod"] as const)
  if (!environment) problems.push("ENVIRONMENT: must be local, dev or prod")
  const publicUrl = readUrl(env.PUBLIC_URL)
  if (!publicUrl) problems.push("PUBLIC_URL: must be the control plane's own http(s) origin")
  const master = readMasterKeys(env.MASTER_KEYS)
  if (!master) problems.push('MASTER_KEYS: must be JSON {"current":"k1","keys":{"k1":"<32 bytes in base64>"}}')
  const workerToken = readKey(env.WORKER_TOKEN_KEY)
  if (!workerToken) problems.push("WORKER_TOKEN_KEY: must be 32 bytes in base64")
  const session = readKey(env.SESSION_KEY) ? env.SESSION_KEY : null
  if (!session) problems.push("SESSION_KEY: must be 32 bytes in base64")
  const outboundAllow = readOrigins(env.OUTBOUND_ALLOW ?? "")
  if (!outboundAllow) problems.push("OUTBOUND_ALLOW: must be http(s) origins, separated by commas")
  const aws = readAws(env, problems)
  const awsEvents = env.AWS_EVENTS_KEYS ? readHeaderKeys(env.AWS_EVENTS_KEYS) : null
  if (env.AWS_EVENTS_KEYS && !awsEvents) problems.push("AWS_EVENTS_KEYS: must be a JSON list of one or two keys of 32 to 512 characters")
  const managed = readManaged(env.MANAGED_DEFAULTS, problems)
  if (!environment || !publicUrl || !outboundAllow || !master || !workerToken || !session || problems.length > 0)
    return { ok: false, problems }
  const allowProcessEngine = env.PROCESS_ENGINE === "allow" || environment === "local"
  const config = { environment, publicUrl, allowProcessEngine, outboundAllow, aws: aws.config, managed }
  return { ok: true, config, keys: { master, workerToken, session, aws: aws.keys, issuer: aws.issuer, awsEvents } }
}

function readAws(env: Partial<Bindings>, problems: string[]): { config: AwsConfig; keys: Keys["aws"]; issuer: Keys["issuer"] } {
  const region = env.AWS_REGION || DEFAULT_REGION
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) problems.push("AWS_REGION: must be a region such as eu-west-1")
  const endpoints: AwsConfig["endpoints"] = {}
  for (const [service, name] of AWS_ENDPOINTS) {
    if (!env[name]) continue
    const url = readUrl(env[name])
    if (url) endpoints[service] = url
    else problems.push(`${name}: must be an http(s) origin`)
  }
  const roleArn = env.AWS_ROLE_ARN || null
  if (roleArn !== null && !/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(roleArn))
    problems.push("AWS_ROLE_ARN: must be arn:aws:iam::<account>:role/<name>")
  const issuer = env.AWS_OIDC_KEYS ? readIssuer(env.AWS_OIDC_KEYS) : null
  if (env.AWS_OIDC_KEYS && !issuer) problems.push('AWS_OIDC_KEYS: must be JSON {"current":"k1","keys":{"k1":"<RSA key, PKCS #8 in PEM>"}}')
  if (roleArn !== null && !env.AWS_OIDC_KEYS) problems.push("AWS_OIDC_KEYS: is needed with AWS_ROLE_ARN")
  if (roleArn !== null && !canVouch(env.PUBLIC_URL ?? "", endpoints.sts ?? endpoints.default ?? ""))
    problems.push("AWS_ROLE_ARN: needs an https PUBLIC_URL, from which AWS fetches this control plane's keys")
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env
  if (Boolean(accessKeyId) !== Boolean(secretAccessKey))
    problems.push("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: only one of them is set")
  const keys = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) } : null
  // A role goes before keys that happen to be there: nothing stored is better than something stored.
  return { config: { region, roleArn, endpoints }, keys: roleArn === null ? keys : null, issuer }
}

/** AWS fetches an issuer's keys over https alone. An emulator on this machine may fetch them from this machine. */
const canVouch = (publicUrl: string, sts: string): boolean => publicUrl.startsWith("https:") || (isLoopback(publicUrl) && isLoopback(sts))
const isLoopback = (url: string): boolean => URL.canParse(url) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname)

function readIssuer(text: string): Keys["issuer"] {
  const parsed = parseJson(text)
  if (!isRecord(parsed) || typeof parsed["current"] !== "string" || !isRecord(parsed["keys"])) return null
  const keys: Record<string, string> = {}
  for (const [id, value] of Object.entries(parsed["keys"])) {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(id) || typeof value !== "string" || !/^-----BEGIN PRIVATE KEY-----\s/.test(value)) return null
    keys[id] = value
  }
  return keys[parsed["current"]] === undefined ? null : { current: parsed["current"], keys }
}

/** They travel in a header, so they are of what a header takes. */
function readHeaderKeys(text: string): string[] | null {
  const parsed = parseJson(text)
  if (!Array.isArray(parsed) || parsed.length < 1 || parsed.length > 2) return null
  const keys = parsed.flatMap((key: unknown) => (typeof key === "string" && /^[\x21-\x7e]{32,512}$/.test(key) ? [key] : []))
  return keys.length === parsed.length ? keys : null
}

function readManaged(text: string | undefined, problems: string[]): ManagedDefaults {
  if (!text) return {}
  const read = managedDefaultsSchema.safeParse(parseJson(text))
  if (read.success) return read.data
  problems.push(...read.error.issues.map(({ path, message }) => `MANAGED_DEFAULTS: ${path.join(".") || "(whole)"}: ${message}`))
  return {}
}

function oneOf<T extends string>(value: string | undefined, allowed: readonly T[]): T | null {
  return allowed.find((candidate) => candidate === value) ?? null
}

function readUrl(value: string | undefined): string | null {
  if (!value || !URL.canParse(value)) return null
  const url = new URL(value)
  return url.protocol === "https:" || url.protocol === "http:" ? url.origin : null
}

function readOrigins(text: string): string[] | null {
  const named = text.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]))
  const origins = named.flatMap((part) => readUrl(part) ?? [])
  return origins.length === named.length ? origins : null
}

function readMasterKeys(text: string | undefined): Keys["master"] | null {
  const parsed = parseJson(text)
  if (!isRecord(parsed) || typeof parsed["current"] !== "string" || !isRecord(parsed["keys"])) return null
  const keys: Record<string, Uint8Array> = {}
  for (const [id, value] of Object.entries(parsed["keys"])) {
    const key = typeof value === "string" ? readKey(value) : null
    if (!key || !/^[a-z0-9-]{1,32}$/.test(id)) return null
    keys[id] = key
  }
  return keys[parsed["current"]] ? { current: parsed["current"], keys } : null
}

function readKey(text: string | undefined): Uint8Array | null {
  if (!text || !/^[A-Za-z0-9+/]{43}=$/.test(text)) return null
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null")
  } catch {
    // Not JSON is one of the answers; the caller reports it by the variable's name, never by its value.
    return null
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value)
