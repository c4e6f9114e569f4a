import { z } from "zod"
import { idSchema } from "#contract/ids.schema.ts"
import { pageOf } from "#contract/lists.schema.ts"
import { MEMBER_LIMIT } from "#contract/projects.ts"
import { memberPutSchema, memberSchema } from "#contract/projects.schema.ts"
import { giveRole, loadMembers, takeRole } from "../answers/members.ts"
import { AppError, notFound } from "../errors.ts"
import type { User } from "../http/auth.ts"
import { type App, route } from "../http/route.ts"
import { existingProject, reached } from "./edit.ts"
import { roleIn } from "./rights.ts"

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
    async ({ context, caller, params: { id } }) => {
      const { project, members: items } = await loadMembers(context, { idOrSlug: id, userId: null, viewer: caller })
      reached(context, project)
      return { body: { items, nextCursor: null } }
    },
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
      const found = await loadMembers(context, { idOrSlug: id, userId, viewer: caller })
      const { id: projectId } = reached(context, found.project)
      requireManager(caller, projectId)
      if (!found.user) throw notFound("user")
      if (found.members.length >= MEMBER_LIMIT && !found.members.some((member) => member.userId === userId))
        throw new AppError("project.members-full", `A project has at most ${MEMBER_LIMIT} members.`)
      const member = await giveRole(context, projectId, { grant: { userId, role }, viewer: caller })
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
      const { id: projectId } = await existingProject(context, id)
      requireManager(caller, projectId)
      if (!(await takeRole(context, projectId, userId))) throw notFound("member")
      return { body: undefined }
    },
  )
}

/** Who sees a project and who may work in it is decided by its admins and those of the installation. */
export function requireManager({ role, rights }: User, projectId: string): void {
  if (roleIn(role, rights, projectId) !== "admin")
    throw new AppError("auth.forbidden", "Members and visibility of a project are for its admins.")
}
