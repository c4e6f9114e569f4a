import { and, desc, eq, inArray, lt, ne, or, type SQL, sql } from "drizzle-orm"
import type { z } from "zod"
import type { userCreateSchema, userPatchSchema, userSchema } from "#contract/users.schema.ts"
import type { Context } from "../context.ts"
import { changes, isUniqueConflict } from "../db/client.ts"
import { type Page, pageOf, type PageWish, readCursor } from "../db/page.ts"
import { AppError, notFound } from "../errors.ts"
import { hashPassword } from "./auth.ts"
import { accounts, sessions, users } from "./table.ts"

export type UserRow = Pick<typeof users.$inferSelect, "id" | "name" | "email" | "role" | "disabled" | "createdAt">
const shown = {
  id: users.id,
  name: users.name,
  email: users.email,
  role: users.role,
  disabled: users.disabled,
  createdAt: users.createdAt,
}

export async function listUsers({ db }: Context, { limit, cursor }: PageWish): Promise<Page<UserRow>> {
  const from = readCursor(cursor)
  const at = from && new Date(from.at)
  const rows = await db
    .select(shown)
    .from(users)
    .where(from && at ? or(lt(users.createdAt, at), and(eq(users.createdAt, at), lt(users.id, from.id))) : undefined)
    .orderBy(desc(users.createdAt), desc(users.id))
    .limit(limit + 1)
  return pageOf(rows, limit, ({ createdAt, id }) => ({ at: createdAt.getTime(), id }))
}

export async function findPerson(context: Context, id: string): Promise<UserRow | null> {
  const [row] = await peopleQuery(context, sql`${id}`)
  return row ?? null
}

/** `ids` selects them. */
export const peopleQuery = ({ db }: Context, ids: SQL) =>
  db
    .select(shown)
    .from(users)
    .where(sql`${users.id} IN (${ids})`)

/** Throws `user.email-taken`. */
export async function createPerson(context: Context, { name, email, role, password }: z.output<typeof userCreateSchema>): Promise<UserRow> {
  const { db } = context
  const id = context.newId("user")
  const at = new Date(context.now())
  const row = { id, name, email: email.toLowerCase(), role, disabled: false, createdAt: at }
  try {
    await db.batch([
      db.insert(users).values({ ...row, emailVerified: true, updatedAt: at }),
      db.insert(accounts).values(await credential(context, id, password)),
    ])
  } catch (error) {
    if (isUniqueConflict(error)) throw emailTaken()
    throw error
  }
  return row
}

/**
 * Changes a user. One who is disabled or gets a new password from an admin is signed out everywhere; the last admin can
 * neither be disabled nor made less, decided in the update itself. Throws `user.last-admin`.
 */
export async function patchPerson(context: Context, id: string, patch: z.output<typeof userPatchSchema>): Promise<UserRow> {
  const { db, now } = context
  const { password, ...fields } = patch
  const weaker = fields.disabled === true || (fields.role !== undefined && fields.role !== "admin")
  const others = sql`EXISTS (SELECT 1 FROM ${users} AS other WHERE other.role = 'admin' AND other.disabled = 0 AND other.id <> ${id})`
  const written = await db
    .update(users)
    .set({ ...fields, updatedAt: new Date(now()) })
    .where(and(eq(users.id, id), weaker ? or(ne(users.role, "admin"), others) : undefined))
  const person = await findPerson(context, id)
  if (!person) throw notFound("user")
  if (changes(written) === 0) throw new AppError("user.last-admin", "This is the only admin: make somebody else one first.")
  // After it is sure: whom the update refuses stays signed in. A disabled user is refused with a session as well.
  if (fields.disabled === true || password !== undefined)
    await db.batch([
      db.delete(sessions).where(eq(sessions.userId, id)),
      ...(password === undefined ? [] : await newPassword(context, id, password)),
    ])
  return person
}

const newPassword = async (context: Context, id: string, password: string) => [
  context.db.delete(accounts).where(and(eq(accounts.userId, id), inArray(accounts.providerId, ["credential"]))),
  context.db.insert(accounts).values(await credential(context, id, password)),
]

export const emailTaken = () => new AppError("user.email-taken", "This e-mail address is taken.", { fields: { email: "is taken" } })

/** The row by which better-auth lets a user in with a password. */
export async function credential({ now, newId }: Context, userId: string, password: string) {
  const at = new Date(now())
  return {
    ...{ id: newId("user"), userId, accountId: userId, providerId: "credential" },
    ...{ password: await hashPassword(password), createdAt: at, updatedAt: at },
  }
}

type Viewer = Pick<UserRow, "id" | "role">

export const toReply = ({ createdAt, email, ...person }: UserRow, viewer: Viewer): z.input<typeof userSchema> => ({
  ...person,
  ...emailFor(viewer, { id: person.id, email }),
  createdAt: createdAt.toISOString(),
})

/** An e-mail address is shown to admins of the installation, and to whom it belongs. */
export const emailFor = (viewer: Viewer, { id, email }: { id: string; email: string }): { email?: string } =>
  viewer.role === "admin" || viewer.id === id ? { email } : {}
