import { z } from "zod"
import { idSchema } from "#contract/ids.schema.ts"
import { pageOf } from "#contract/lists.schema.ts"
import { MEMBER_LIMIT } from "#contract/projects.ts"
import { memberPutSchema, memberSchema } from "#contract/projects.schema.ts"
import { isUser, membersOf, tellAudience } from "../answers/members.ts"
import type { Context } from "../context.ts"
import { AppError, notFound } from "../errors.ts"
import { announce } from "../feed/announce.ts"
import type { User } from "../http/auth.ts"
import { type App, route } from "../http/route.ts"
import { existingProject } from "./edit.ts"
import { listGrants, putGrant, removeGrant } from "./grant-store.ts"
import { roleIn } from "./rights.ts"
import type { ProjectRecord } from "./store.ts"

const project = { id: z.string().max(100) }
const params = { ...project, userId: idSchema("user") }
const members = "/api/projects/:id/members"

export function mountMembers(app: App): void {
  route(
    app,
    {
      method: "get",
      path: members,
      caller: "read",
      summary: "List who has a role in a project",
      params: project,
      reply: pageOf(memberSchema),
    },
    async ({ context, params: { id } }) => ({
      body: { items: await membersOf(context, (await existingProject(context, id)).id), nextCursor: null },
    }),
  )

  route(
    app,
    {
      method: "put",
      path: `${members}/:userId`,
      caller: "write",
      summary: "Give a user a role in a project",
      params,
      body: memberPutSchema,
      reply: memberSchema,
    },
    async ({ context, caller, params: { id, userId }, body: { role } }) => {
      const { id: projectId } = await managed(context, caller, id)
      if (!(await isUser(context, userId))) throw notFound("user")
      const grants = await listGrants(context, projectId)
      if (grants.length >= MEMBER_LIMIT && !grants.some((grant) => grant.userId === userId))
        throw new AppError("project.members-full", `A project has at most ${MEMBER_LIMIT} members.`)
      await putGrant(context, projectId, { userId, role })
      await tellAudience(context, projectId)
      await announce(context, "project", { id: projectId, projectId })
      const member = (await membersOf(context, projectId)).find((candidate) => candidate.userId === userId)
      if (!member) throw notFound("user")
      return { body: member }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: `${members}/:userId`,
      caller: "write",
      summary: "Take a user's role in a project away",
      params,
      reply: z.undefined(),
      status: 204,
    },
    async ({ context, caller, params: { id, userId } }) => {
      const { id: projectId } = await managed(context, caller, id)
      if (!(await removeGrant(context, projectId, userId))) throw notFound("member")
      // Before the audience shrinks: whose role this was hears so too.
      await announce(context, "project", { id: projectId, projectId })
      await tellAudience(context, projectId)
      return { body: undefined }
    },
  )
}

async function managed(context: Context, caller: User, id: string): Promise<ProjectRecord> {
  const found = await existingProject(context, id)
  requireManager(caller, found.id)
  return found
}

/** Who sees a project and who may work in it is decided by its admins and those of the installation. */
export function requireManager({ role, rights }: User, projectId: string): void {
  if (roleIn(role, rights, projectId) !== "admin")
    throw new AppError("auth.forbidden", "Members and visibility of a project are for its admins.")
}
