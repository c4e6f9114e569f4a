import { sql } from "drizzle-orm"
import type { Member } from "#contract/projects.ts"
import type { Context } from "../context.ts"
import { changes, type Id } from "../db/client.ts"
import { announce } from "../feed/announce.ts"
import { feedObject } from "../feed/stub.ts"
import { type Grant, grantItem, granteesOf, grantsOf, removalOfGrant } from "../projects/grant-store.ts"
import { idOfProject, projectQuery, type ProjectRecord } from "../projects/store.ts"
import { emailFor, peopleQuery, type UserRow } from "../users/people.ts"

type Viewer = Pick<UserRow, "id" | "role">

/** A project by its id or slug, with who was given a role in it, and whether a user is there at all. */
export async function loadMembers(
  context: Context,
  { idOrSlug, userId, viewer }: { idOrSlug: string; userId: string | null; viewer: Viewer },
): Promise<{ project: ProjectRecord | undefined; members: Member[]; user: UserRow | undefined }> {
  const [[user], [project], grants, people] = await context.db.batch([
    peopleQuery(context, sql`${userId}`),
    projectQuery(context, idOrSlug),
    ...memberQueries(context, idOfProject(idOrSlug)),
  ])
  return { project, members: toMembers(grants, people, viewer), user }
}

/** Null when the user is gone meanwhile. */
export async function giveRole(
  context: Context,
  projectId: string,
  { grant, viewer }: { grant: Grant; viewer: Viewer },
): Promise<Member | null> {
  const [, [project], grants, people] = await context.db.batch([
    grantItem(context, projectId, grant),
    projectQuery(context, projectId),
    ...memberQueries(context, projectId),
  ])
  await restrict(context, projectId, { project, grants })
  await announce(context, "project", { id: projectId, projectId })
  return toMembers(grants, people, viewer).find(({ userId }) => userId === grant.userId) ?? null
}

/** False when the user had none. */
export async function takeRole(context: Context, projectId: string, userId: string): Promise<boolean> {
  const [gone, [project], grants] = await context.db.batch([
    removalOfGrant(context, projectId, userId),
    projectQuery(context, projectId),
    grantsOf(context, projectId),
  ])
  if (changes(gone) === 0) return false
  // Before the audience shrinks: whose role this was hears so too.
  await announce(context, "project", { id: projectId, projectId })
  await restrict(context, projectId, { project, grants })
  return true
}

/** Tells the feed who may hear of this project now. After a write of its visibility. */
export async function tellAudience(context: Context, projectId: string): Promise<void> {
  const [[project], grants] = await context.db.batch([projectQuery(context, projectId), grantsOf(context, projectId)])
  await restrict(context, projectId, { project, grants })
}

const restrict = (
  context: Context,
  projectId: string,
  { project, grants }: { project: ProjectRecord | undefined; grants: readonly Grant[] },
): Promise<void> => setAudience(context, projectId, project?.visibility === "members" ? grants.map(({ userId }) => userId) : null)

/** Null: everyone. */
export async function setAudience({ env }: Context, projectId: string, userIds: readonly string[] | null): Promise<void> {
  await feedObject(env).restrict(projectId, userIds)
}

const memberQueries = (context: Context, projectId: Id) =>
  [grantsOf(context, projectId), peopleQuery(context, granteesOf(projectId))] as const

/** Oldest grant first. */
function toMembers(grants: readonly Grant[], people: readonly UserRow[], viewer: Viewer): Member[] {
  const byId = new Map(people.map((person) => [person.id, person]))
  return grants.flatMap(({ userId, role }) => {
    const person = byId.get(userId)
    return person ? [{ userId, name: person.name, ...emailFor(viewer, person), role }] : []
  })
}
