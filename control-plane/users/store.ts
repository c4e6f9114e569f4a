import { and, desc, eq, gt, isNull, lt, or, type SQL, sql } from "drizzle-orm"
import type { Role, TokenScope } from "#contract/users.ts"
import type { Context } from "../context.ts"
import { apiTokens, rateLimits, sessions, users } from "./table.ts"

/** How stale `lastUsedAt` may be: one write a minute and token, not one a request. */
const LAST_USED_STEP_MS = 60_000

/** What a token says and whose it is, by the hash it is kept as. Of two columns with one name a batch would lose one. */
export const tokenQuery = ({ db }: Context, hash: string) =>
  db
    .select({
      id: users.id,
      name: users.name,
      role: users.role,
      disabled: users.disabled,
      scopes: apiTokens.scopes,
      tokenId: sql<string>`${apiTokens.id}`.as("token_id"),
      expiresAt: apiTokens.expiresAt,
      lastUsedAt: apiTokens.lastUsedAt,
    })
    .from(apiTokens)
    .innerJoin(users, eq(users.id, apiTokens.userId))
    .where(eq(apiTokens.hash, hash))
    .limit(1)
/** For what is asked in one batch with the token. */
export const userOfToken = (hash: string): SQL => sql`(SELECT ${apiTokens.userId} FROM ${apiTokens} WHERE ${apiTokens.hash} = ${hash})`
type FoundToken = Awaited<ReturnType<typeof tokenQuery>>[number]

/** A token that still lets its user in, with its use noted; null for any other. */
export async function useToken(
  { db, now }: Context,
  found: FoundToken | undefined,
): Promise<Omit<FoundToken, "disabled" | "lastUsedAt"> | null> {
  if (!found || found.disabled || (found.expiresAt !== null && found.expiresAt <= now())) return null
  const { disabled: _, lastUsedAt, ...token } = found
  if (lastUsedAt === null || lastUsedAt < now() - LAST_USED_STEP_MS) {
    const stale = or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, now() - LAST_USED_STEP_MS))
    await db
      .update(apiTokens)
      .set({ lastUsedAt: now() })
      .where(and(eq(apiTokens.id, token.tokenId), stale))
  }
  return token
}

export type TokenRow = typeof apiTokens.$inferSelect

export async function createToken(
  { db, now, newId }: Context,
  token: { userId: string; name: string; scopes: TokenScope[]; hash: string; prefix: string; expiresAt: number | null },
): Promise<TokenRow> {
  const row = { id: newId("token"), ...token, lastUsedAt: null, createdAt: now() }
  await db.insert(apiTokens).values(row)
  return row
}

export const listTokens = ({ db }: Context, userId: string): Promise<TokenRow[]> =>
  db.select().from(apiTokens).where(eq(apiTokens.userId, userId)).orderBy(desc(apiTokens.createdAt)).limit(200)

/** Deletes the user's own token; says whether there was one. */
export async function deleteToken({ db }: Context, userId: string, id: string): Promise<boolean> {
  const gone = await db
    .delete(apiTokens)
    .where(and(eq(apiTokens.userId, userId), eq(apiTokens.id, id)))
    .returning({ id: sql<string>`id` })
  return gone.length > 0
}

/** Whose living session this is; nobody's when they were disabled. */
export const sessionQuery = ({ db, now }: Context, token: string) =>
  db
    .select({ id: users.id, name: users.name, role: users.role, sessionId: sql<string>`${sessions.id}`.as("session_id") })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.token, token), gt(sessions.expiresAt, new Date(now())), eq(users.disabled, false)))
    .limit(1)
/** For what is asked in one batch with the session. */
export const userOfSession = (token: string): SQL => sql`(SELECT ${sessions.userId} FROM ${sessions} WHERE ${sessions.token} = ${token})`

/** The role of whom a token or session let in, or null when it is good no more: sockets outlive what opened them. */
export async function roleStillIn(
  { db, now }: Context,
  who: { userId: string; tokenId: string | null; sessionId: string | null },
): Promise<Role | null> {
  const living =
    who.tokenId === null
      ? sql`SELECT 1 FROM ${sessions} WHERE ${sessions.id} = ${who.sessionId} AND ${sessions.expiresAt} > ${now()}`
      : sql`SELECT 1 FROM ${apiTokens} WHERE ${apiTokens.id} = ${who.tokenId} AND (${apiTokens.expiresAt} IS NULL OR ${apiTokens.expiresAt} > ${now()})`
  const [row] = await db
    .select({ role: users.role })
    .from(users)
    .where(and(eq(users.id, who.userId), eq(users.disabled, false), sql`EXISTS (${living})`))
    .limit(1)
  return row?.role ?? null
}

/** Counts a request under this key and answers how many there were in the running window. One statement, so that two at once both count. */
export async function countRequest({ db, now, newId }: Context, key: string, windowMs: number): Promise<number> {
  const at = now()
  const over = sql`${rateLimits.lastRequest} < ${at - windowMs}`
  const [row] = await db
    .insert(rateLimits)
    .values({ id: newId("request"), key, count: 1, lastRequest: at })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        count: sql`CASE WHEN ${over} THEN 1 ELSE ${rateLimits.count} + 1 END`,
        lastRequest: sql`CASE WHEN ${over} THEN ${at} ELSE ${rateLimits.lastRequest} END`,
      },
    })
    .returning({ count: rateLimits.count })
  return row?.count ?? 1
}
