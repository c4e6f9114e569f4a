import { and, asc, eq, isNotNull, or } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { Role } from "#contract/users.ts"
import type { Context } from "../context.ts"
import { changes } from "../db/client.ts"
import type { Standing } from "./rights.ts"
import { projectGrants, projects } from "./table.ts"

/** The projects that treat this user differently from what their role in the installation says: one query. */
export async function standingsOf({ db }: Pick<Context, "db">, userId: string): Promise<Standing[]> {
  return db
    .select({ projectId: projects.id, visibility: projects.visibility, granted: projectGrants.role })
    .from(projects)
    .leftJoin(projectGrants, and(eq(projectGrants.projectId, projects.id), eq(projectGrants.userId, userId)))
    .where(or(eq(projects.visibility, "members"), isNotNull(projectGrants.role)))
}

export interface Grant {
  userId: string
  role: Role
}
/** Bounded by MEMBER_LIMIT. */
export const listGrants = ({ db }: Context, projectId: string): Promise<Grant[]> =>
  db
    .select({ userId: projectGrants.userId, role: projectGrants.role })
    .from(projectGrants)
    .where(eq(projectGrants.projectId, projectId))
    .orderBy(asc(projectGrants.createdAt), asc(projectGrants.userId))

export async function putGrant(context: Context, projectId: string, grant: Grant): Promise<void> {
  await grantItem(context, projectId, grant)
}

export const grantItem = ({ db, now }: Context, projectId: string, { userId, role }: Grant) =>
  db
    .insert(projectGrants)
    .values({ projectId, userId, role, createdAt: now() })
    .onConflictDoUpdate({ target: [projectGrants.projectId, projectGrants.userId], set: { role } })

/** Says whether there was one. */
export async function removeGrant({ db }: Context, projectId: string, userId: string): Promise<boolean> {
  const gone = await db.delete(projectGrants).where(and(eq(projectGrants.projectId, projectId), eq(projectGrants.userId, userId)))
  return changes(gone) > 0
}

/** For the batch that deletes a project. */
export const removalOfGrants = ({ db }: Context, projectId: string): BatchItem<"sqlite"> =>
  db.delete(projectGrants).where(eq(projectGrants.projectId, projectId))
