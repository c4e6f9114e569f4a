import { and, eq, gt, isNull, sql } from "drizzle-orm"
import type { Context } from "../context.ts"
import { changes, isUniqueConflict } from "../db/client.ts"
import { AppError } from "../errors.ts"
import { sha256Hex } from "../hash.ts"
import { credential, emailTaken, type UserRow } from "./people.ts"
import { accounts, setupLinks, users } from "./table.ts"

/**
 * Makes the first admin with a link that the operator made. The link is used up by a guarded update, so
 * of two people with it one becomes admin; nobody becomes one by being first on the internet.
 */
export async function setUpAdmin(
  context: Context,
  { token, name, email, password }: { token: string; name: string; email: string; password: string },
): Promise<UserRow> {
  const { db, now, newId } = context
  const hash = await sha256Hex(token)
  const [anybody] = await db.select({ id: users.id }).from(users).innerJoin(accounts, eq(accounts.userId, users.id)).limit(1)
  if (anybody) throw new AppError("auth.forbidden", "This installation has its admin already: log in, or ask for an invitation.")
  const used = await db
    .update(setupLinks)
    .set({ usedAt: now() })
    .where(and(eq(setupLinks.hash, hash), isNull(setupLinks.usedAt), gt(setupLinks.expiresAt, now())))
  if (changes(used) === 0) throw new AppError("auth.required", "This setup link is not valid any more: the operator can make a new one.")
  const id = newId("user")
  const at = new Date(now())
  try {
    await db.batch([
      db.insert(users).values({ id, email: email.toLowerCase(), name, role: "admin", emailVerified: true, createdAt: at, updatedAt: at }),
      db.insert(accounts).values(await credential(context, id, password)),
    ])
  } catch (error) {
    await db
      .update(setupLinks)
      .set({ usedAt: sql`NULL` })
      .where(eq(setupLinks.hash, hash))
    if (isUniqueConflict(error)) throw emailTaken()
    throw error
  }
  return { id, email: email.toLowerCase(), name, role: "admin", disabled: false, createdAt: at }
}
