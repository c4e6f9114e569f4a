import type { DurableObject } from "cloudflare:workers"

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
}

export interface Config {
  environment: "local" | "dev" | "prod"
  /** Origin under which people and workers reach this control plane, without a trailing slash. */
  publicUrl: string
  /** Whether hosts without isolation may run jobs: development only, unless an operator says otherwise. */
  allowProcessEngine: boolean
  /** Origins that are called although they are not public, or not https. */
  outboundAllow: readonly string[]
}

/** Kept apart from `Config`, so that logging or answering a config can never leak a key. */
export interface Keys {
  /** Master keys by id; new ciphertexts use `current`, old ids stay until nothing names them. */
  master: { current: string; keys: Record<string, Uint8Array> }
  /** Keys launch tokens (HMAC-SHA-256). */
  workerToken: Uint8Array
  /** Signs session cookies. */
  session: string
}

export type Settings = { ok: true; config: Config; keys: Keys } | { ok: false; problems: string[] }

export const VERSION = "0.1.0"

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
  if (!environment || !publicUrl || !outboundAllow || !master || !workerToken || !session || problems.length > 0)
    return { ok: false, problems }
  const allowProcessEngine = env.PROCESS_ENGINE === "allow" || environment === "local"
  return { ok: true, config: { environment, publicUrl, allowProcessEngine, outboundAllow }, keys: { master, workerToken, session } }
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
