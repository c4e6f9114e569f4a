import type { Member } from "#contract/projects.ts"
import type { Context } from "../context.ts"
import { feedObject } from "../feed/stub.ts"
import { listGrants } from "../projects/grant-store.ts"
import { findProject } from "../projects/store.ts"
import { findPeople, findPerson } from "../users/people.ts"

/** Who was given a role in this project, oldest grant first: two queries. */
export async function membersOf(context: Context, projectId: string): Promise<Member[]> {
  const grants = await listGrants(context, projectId)
  const people = new Map(
    (
      await findPeople(
        context,
        grants.map(({ userId }) => userId),
      )
    ).map((person) => [person.id, person]),
  )
  return grants.flatMap(({ userId, role }) => {
    const person = people.get(userId)
    return person ? [{ userId, name: person.name, email: person.email, role }] : []
  })
}

export const isUser = async (context: Context, id: string): Promise<boolean> => (await findPerson(context, id)) !== null

/** Tells the feed who may hear of this project now. After the write: what is asked again later is the present truth. */
export async function tellAudience(context: Context, projectId: string): Promise<void> {
  const [project, grants] = await Promise.all([findProject(context, projectId), listGrants(context, projectId)])
  const audience = project?.visibility === "members" ? grants.map(({ userId }) => userId) : null
  await feedObject(context.env).restrict(projectId, audience)
}
