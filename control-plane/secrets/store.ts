import { and, eq, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { NewId } from "#contract/ids.ts"
import type { SecretCreate } from "#contract/secrets.ts"
import { changes, type Db, isUniqueConflict, listed, notOf } from "../db/client.ts"
import { byCreation, newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import { AppError, invalid } from "../errors.ts"
import { checkReference, checkWritable, forgetParameter, isOurs, type ParameterDoor, pathOf, writeParameter } from "./parameters.ts"
import { secrets } from "./table.ts"
import type { Vault } from "./vault.ts"

const INSTALLATION = "installation"

/** What of the context this store needs; it lies below it. */
interface Door extends ParameterDoor {
  db: Db
  vault: Vault
  now: () => number
  newId: NewId
}

// Never the sealed text: only `sealedQuery` reads that, for what the control plane itself has to show a secret for.
const shown = {
  id: secrets.id,
  projectId: sql<string | null>`NULLIF(${secrets.scope}, ${INSTALLATION})`,
  name: secrets.name,
  location: secrets.location,
  reference: secrets.reference,
  version: secrets.version,
  createdAt: secrets.createdAt,
  updatedAt: secrets.updatedAt,
}
export type SecretRecord = Omit<typeof secrets.$inferSelect, "scope" | "sealed"> & { projectId: string | null }

/** Throws `secret.name-taken`, `request.invalid` for a place that cannot be written to, or `outside.failed` when AWS refuses. */
export async function createSecret(door: Door, input: SecretCreate): Promise<SecretRecord> {
  const { db, vault, now, newId } = door
  checkLocation(input)
  const id = newId("secret")
  const { name, location, value, projectId = null } = input
  const written = location === "ssm" && value !== undefined
  const own = pathOf(door.config.environment, { projectId, name })
  const reference = input.reference ?? (written ? own : null)
  if (reference !== null) checkReference(door, reference, own)
  if (written) checkWritable(door, reference ?? "", value)
  const times = { createdAt: now(), updatedAt: now() }
  const sealed = location === "database" && value !== undefined ? await vault.seal(address(id), value) : null
  try {
    await db.insert(secrets).values({ id, scope: projectId ?? INSTALLATION, name, location, reference, sealed, version: 1, ...times })
  } catch (error) {
    if (!isUniqueConflict(error)) throw error
    throw new AppError(
      "secret.name-taken",
      `name ${name} is taken: ${projectId ? "this project" : "the installation"} has a secret of that name.`,
      { fields: { name: "is taken" } },
    )
  }
  // The row first: its unique name decides whose parameter this is.
  if (written) {
    await orForget(door, id, () => writeParameter(door, reference ?? "", value))
    if (await forgetUnnamed(door, reference ?? "")) throw new AppError("not-found", "This secret, or its project, was deleted meanwhile.")
  }
  return { id, projectId, name, location, reference, version: 1, ...times }
}

async function orForget({ db }: Door, id: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    await db.delete(secrets).where(eq(secrets.id, id))
    throw error
  }
}

function checkLocation({ location, reference }: SecretCreate): void {
  if (location !== "ssm" && reference !== undefined) throw invalid("reference", "is only for the location ssm")
}

export async function findSecret({ db }: Pick<Door, "db">, id: string): Promise<SecretRecord | null> {
  const [row] = await db.select(shown).from(secrets).where(eq(secrets.id, id)).limit(1)
  return row ?? null
}

/** `ids` selects them. */
export const secretsQuery = ({ db }: Pick<Door, "db">, ids: SQL) =>
  db
    .select(shown)
    .from(secrets)
    .where(sql`${secrets.id} IN (${ids})`)

/** The sealed values of those that have one. */
export async function findSealed(door: Pick<Door, "db">, ids: readonly string[]): Promise<{ id: string; sealed: string }[]> {
  const rows = ids.length === 0 ? [] : await sealedQuery(door, listed(ids))
  return rows.flatMap(({ id, sealed }) => (sealed === null ? [] : [{ id, sealed }]))
}

/** `ids` selects them. */
export const sealedQuery = ({ db }: Pick<Door, "db">, ids: SQL) =>
  db
    .select({ id: secrets.id, sealed: secrets.sealed })
    .from(secrets)
    .where(sql`${secrets.id} IN (${ids})`)

export async function listSecrets(
  { db, reach }: Pick<Door, "db"> & { reach: { hidden: readonly string[] } },
  { projectId, ...wish }: PageWish & { projectId?: string | undefined },
): Promise<Page<SecretRecord>> {
  const { after, order, rows: most } = newestFirst(secrets.createdAt, secrets.id, wish)
  const rows = await db
    .select(shown)
    .from(secrets)
    .where(and(notOf(reach.hidden, secrets.scope), projectId ? eq(secrets.scope, projectId) : undefined, after))
    .orderBy(...order)
    .limit(most)
  return pageOf(rows, wish.limit, byCreation)
}

/** Seals the new value under a new data key, or overwrites the parameter. Throws `version.stale` when somebody else rotated it meanwhile. */
export async function rotateSecret(door: Omit<Door, "newId">, secret: SecretRecord, value: string): Promise<SecretRecord> {
  const { db, vault, now } = door
  const { id, location, reference } = secret
  if (location !== "database" && (location !== "ssm" || reference === null || !isOurs(door, reference)))
    throw invalid("value", `cannot be rotated here: a secret of location ${location} is kept elsewhere`)
  if (location === "ssm" && reference !== null) {
    checkWritable(door, reference, value)
    await writeParameter(door, reference, value)
  }
  const sealed = location === "database" ? { sealed: await vault.seal(address(id), value) } : {}
  const next = { version: secret.version + 1, updatedAt: now() }
  const written = await db
    .update(secrets)
    .set({ ...next, ...sealed })
    .where(and(eq(secrets.id, id), eq(secrets.version, secret.version)))
  if (changes(written) === 0) {
    if (location === "ssm" && reference !== null) await forgetUnnamed(door, reference)
    throw changedMeanwhile()
  }
  return { ...secret, ...next }
}

/** Whether its secret was deleted while its value was on the way to AWS: then the parameter goes, as nothing names it any more. */
async function forgetUnnamed(door: Pick<Door, "db"> & ParameterDoor, reference: string): Promise<boolean> {
  const rows = await door.db.select({ id: secrets.id }).from(secrets).where(eq(secrets.reference, reference)).limit(1)
  if (rows.length > 0) return false
  await forgetParameter(door, reference)
  return true
}

const changedMeanwhile = () => new AppError("version.stale", "Somebody else changed this secret meanwhile: look again.")

/**
 * With its parameter, where that is ours. Throws `outside.failed`, and then keeps the secret: it is known what is left over.
 * Throws `version.stale` when it was rotated meanwhile: its parameter may be there again.
 */
export async function removeSecret(door: Pick<Door, "db"> & ParameterDoor, secret: SecretRecord): Promise<void> {
  const { id, location, reference, version } = secret
  if (location === "ssm" && reference !== null && isOurs(door, reference)) await forgetParameter(door, reference)
  const removed = await door.db.delete(secrets).where(and(eq(secrets.id, id), eq(secrets.version, version)))
  if (changes(removed) === 0 && (await findSecret(door, id))) throw changedMeanwhile()
}

/** Selects a project's own. */
export const secretsOfProject = (projectId: string): SQL => sql`SELECT ${secrets.id} FROM ${secrets} WHERE ${secrets.scope} = ${projectId}`

export const ssmSecretsOfProject = ({ db }: Pick<Door, "db">, projectId: string) =>
  db
    .select(shown)
    .from(secrets)
    .where(and(eq(secrets.scope, projectId), eq(secrets.location, "ssm")))
    .orderBy(secrets.name)

/** For the batch that deletes a project. */
export const removalOfProjectSecrets = ({ db }: Pick<Door, "db">, projectId: string): BatchItem<"sqlite"> =>
  db.delete(secrets).where(eq(secrets.scope, projectId))

const address = (row: string) => ({ table: "secrets", row, column: "sealed" })
