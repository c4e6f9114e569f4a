import { and, asc, eq, isNotNull, or, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { Role } from "#contract/users.ts"
import type { Context } from "../context.ts"
import type { Id } from "../db/client.ts"
import { projectGrants, projects } from "./table.ts"

/** The projects that treat this user differently from what their role in the installation says. */
export const standingsOf = ({ db }: Pick<Context, "db">, userId: Id) =>
  db
    .select({ projectId: projects.id, visibility: projects.visibility, granted: projectGrants.role })
    .from(projects)
    .leftJoin(projectGrants, and(eq(projectGrants.projectId, projects.id), eq(projectGrants.userId, userId)))
    .where(or(eq(projects.visibility, "members"), isNotNull(projectGrants.role)))

export interface Grant {
  userId: string
  role: Role
}
/** Oldest first. Bounded by MEMBER_LIMIT. */
export const grantsOf = ({ db }: Context, projectId: Id) =>
  db
    .select({ userId: projectGrants.userId, role: projectGrants.role })
    .from(projectGrants)
    .where(eq(projectGrants.projectId, projectId))
    .orderBy(asc(projectGrants.createdAt), asc(projectGrants.userId))

/** Selects the users who have one. */
export const granteesOf = (projectId: Id): SQL =>
  sql`SELECT ${projectGrants.userId} FROM ${projectGrants} WHERE ${projectGrants.projectId} = ${projectId}`

export const grantItem = ({ db, now }: Context, projectId: string, { userId, role }: Grant) =>
  db
    .insert(projectGrants)
    .values({ projectId, userId, role, createdAt: now() })
    .onConflictDoUpdate({ target: [projectGrants.projectId, projectGrants.userId], set: { role } })

export const removalOfGrant = ({ db }: Context, projectId: string, userId: string) =>
  db.delete(projectGrants).where(and(eq(projectGrants.projectId, projectId), eq(projectGrants.userId, userId)))

/** For the batch that deletes a project. */
export const removalOfGrants = ({ db }: Context, projectId: string): BatchItem<"sqlite"> =>
  db.delete(projectGrants).where(eq(projectGrants.projectId, projectId))
