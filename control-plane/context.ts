import { uuidv7 } from "uuidv7"
import { ID_PREFIXES, type NewId } from "#contract/ids.ts"
import { type Aws, createAws } from "./aws/client.ts"
import { type CredentialOptions, credentialsFor } from "./aws/credentials.ts"
import type { Bindings, Config, Keys } from "./config.ts"
import { readSettings } from "./config.ts"
import { createDb, type Db } from "./db/client.ts"
import { AppError } from "./errors.ts"
import { createLog, type Log } from "./log.ts"
import { createVault, type Vault } from "./secrets/vault.ts"

/** Which projects may be touched. A request reaches what its caller may; objects, reactions and the schedule act for the installation. */
export interface Reach {
  /** Throws `not-found` for a thing of a project that the caller does not see, `auth.forbidden` for one they may only read. Null: no project's. */
  check(projectId: string | null, noun: string): void
  /** Projects of which no list shows anything. */
  hidden: readonly string[]
}
export const EVERYWHERE: Reach = { check: () => undefined, hidden: [] }

/** What a request or an object needs of the world. */
export interface Context {
  env: Bindings
  config: Config
  keys: Pick<Keys, "workerToken" | "session" | "issuer" | "awsEvents">
  /** Null: nobody gave this control plane credentials for AWS. */
  aws: (Aws & { credentials: Pick<CredentialOptions, "source" | "now"> }) | null
  db: Db
  vault: Vault
  log: Log
  now: () => number
  newId: NewId
  reach: Reach
}

/** Tests set the clock, the log, a broken database and the outside world here, or freeze what objects do by themselves; nothing else writes to it. */
export const overrides: {
  now?: () => number
  log?: Log
  frozen?: boolean
  database?: D1Database
  /** Variables of an installation that has more than the others. */
  variables?: Partial<Bindings>
  fetch?: typeof fetch
  resolve?: (host: string) => Promise<string[]>
} = {}

export const now = (): number => overrides.now?.() ?? Date.now()
export const newId: NewId = (kind) => `${ID_PREFIXES[kind]}_${uuidv7().replaceAll("-", "")}`

/** Throws `config.invalid` with the list of what is missing. */
export function createContext(env: Bindings, log: Log = overrides.log ?? createLog()): Context {
  const settings = readSettings({ ...env, ...overrides.variables })
  if (!settings.ok) throw new AppError("config.invalid", "This control plane is not configured.", { problems: settings.problems })
  const { config, keys } = settings
  return {
    env,
    config,
    keys: { workerToken: keys.workerToken, session: keys.session, issuer: keys.issuer, awsEvents: keys.awsEvents },
    aws: createContextAws(config, keys),
    db: createDb(overrides.database ?? env.DB),
    vault: createVault(keys.master),
    log,
    now,
    newId,
    reach: EVERYWHERE,
  }
}

function createContextAws({ aws, publicUrl, environment }: Config, keys: Keys): Context["aws"] {
  const { region, roleArn, endpoints } = aws
  const source: CredentialOptions["source"] | null =
    roleArn !== null && keys.issuer
      ? { kind: "role", roleArn, keys: keys.issuer, issuer: publicUrl, environment }
      : keys.aws && { kind: "keys", credentials: keys.aws }
  if (source === null) return null
  const options = { source, now, fetch: overrides.fetch }
  const client: Aws = createAws({
    ...{ region, endpoints, fetch: overrides.fetch },
    credentials: (wanted) => credentialsFor({ ...options, stsEndpoint: (at) => client.endpointOf("sts", at) }, wanted),
  })
  return { ...client, credentials: options }
}

export const iso = (ms: number): string => new Date(ms).toISOString()
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))
