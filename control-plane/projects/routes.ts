import { z } from "zod"
import { flag, pageOf, pageQuery } from "#contract/lists.schema.ts"
import {
  branchPreviewReplySchema,
  branchPreviewSchema,
  projectCreateSchema,
  projectPatchSchema,
  projectSchema,
  projectSettingsSchema,
  readinessSchema,
} from "#contract/projects.schema.ts"
import type { Project } from "#contract/projects.ts"
import type { Role } from "#contract/users.ts"
import { setAudience, tellAudience } from "../answers/members.ts"
import { projectSettings } from "../answers/project-settings.ts"
import { projectReadiness } from "../answers/readiness.ts"
import { checkReferences, loadReferences, sendsInstallationSecret } from "../answers/references.ts"
import { removalOfClaws } from "../claws/template-store.ts"
import { type Context, iso, isoOrNull } from "../context.ts"
import { AppError, notFound } from "../errors.ts"
import { announce } from "../feed/announce.ts"
import { authorize, type User } from "../http/auth.ts"
import { type App, route } from "../http/route.ts"
import { removeProject } from "../tickets/remove-project.ts"
import { branchErrors, renderBranch } from "./branch-name.ts"
import { createProject, existingProject, patchProject, reached } from "./edit.ts"
import { requireManager } from "./member-routes.ts"
import { isAtLeast, roleIn } from "./rights.ts"
import { listProjects, type ProjectRecord } from "./store.ts"

const params = { id: z.string().max(100) }
const one = "/api/projects/:id"

export function mountProjects(app: App): void {
  mountCollection(app)
  mountOne(app)
  mountAnswers(app)
}

function mountCollection(app: App): void {
  route(
    app,
    {
      method: "post",
      path: "/api/projects",
      caller: "write",
      summary: "Create a project",
      body: projectCreateSchema,
      reply: projectSchema,
      status: 201,
      creates: true,
    },
    async ({ context, caller, body }) => {
      const references = await loadReferences(context, null, body)
      checkReferences(body, references)
      if (!isAtLeast(caller.role, "member"))
        throw new AppError("auth.forbidden", "Projects are made by members and admins of the installation.")
      if (sendsInstallationSecret(body, references)) authorize(caller, "admin")
      const project = await createProject(context, { input: body, admin: caller.id })
      if (project.visibility === "members") await setAudience(context, project.id, [caller.id])
      // Who makes a project is its admin from now on.
      return changed(context, project, "admin")
    },
  )

  route(
    app,
    {
      method: "post",
      path: "/api/projects/branch-preview",
      caller: "read",
      summary: "See the branch that a template makes",
      body: branchPreviewSchema,
      reply: branchPreviewReplySchema,
    },
    async ({ context, body }) => {
      const ticket = body.ticket ?? "WEB-42"
      const date = iso(context.now()).slice(0, 10)
      const branch = renderBranch(body.template, {
        ticket,
        original_ticket: ticket,
        clanker: body.clanker ?? "clanker",
        phase: "execution",
        date,
        job: "0a1b2c3d",
      })
      return { body: { branch, errors: branchErrors(body.template) } }
    },
  )

  route(
    app,
    {
      method: "get",
      path: "/api/projects",
      caller: "read",
      summary: "List projects",
      query: { ...pageQuery, archived: flag.default(false) },
      reply: pageOf(projectSchema),
    },
    async ({ context, caller, query }) => {
      const { items, nextCursor } = await listProjects(context, query)
      return { body: { items: items.map((project) => toReply(project, roleOf(caller, project))), nextCursor } }
    },
  )
}

function mountOne(app: App): void {
  route(
    app,
    { method: "get", path: one, caller: "read", summary: "Read a project by id or slug", params, reply: projectSchema },
    async ({ context, caller, params: { id } }) => {
      const project = await existingProject(context, id)
      return { body: toReply(project, roleOf(caller, project)) }
    },
  )

  route(
    app,
    {
      method: "patch",
      path: one,
      caller: "write",
      summary: "Change a project: objects and lists replace",
      params,
      body: projectPatchSchema,
      reply: projectSchema,
    },
    async ({ context, caller, params: { id }, body }) => {
      const references = await loadReferences(context, id, body)
      const project = reached(context, references.project)
      checkReferences(body, references)
      if (sendsInstallationSecret(body, references)) authorize(caller, "admin")
      if (body.visibility !== undefined && body.visibility !== project.visibility) requireManager(caller, project.id)
      const patched = await patchProject(context, project, body)
      if (patched.visibility !== project.visibility) {
        // Those who are out from now on hear so as well.
        await announceProject(context, project)
        await tellAudience(context, project.id)
      }
      return changed(context, patched, roleOf(caller, project))
    },
  )

  route(
    app,
    {
      method: "delete",
      path: one,
      caller: "write",
      summary: "Delete a project without unfinished jobs, and all that is its own",
      params,
      reply: z.undefined(),
      status: 204,
    },
    async ({ context, params: { id } }) => {
      const project = await existingProject(context, id)
      await removeProject(context, project, removalOfClaws(context, project.id))
      await announceProject(context, project)
      return { body: undefined }
    },
  )
}

function mountAnswers(app: App): void {
  route(
    app,
    {
      method: "get",
      path: `${one}/settings`,
      caller: "read",
      summary: "Read each setting of a run with its source",
      params,
      reply: projectSettingsSchema,
    },
    async ({ context, params: { id } }) => ({
      body: { ...(await projectSettings(context, await existingProject(context, id))) },
    }),
  )

  route(
    app,
    { method: "get", path: `${one}/readiness`, caller: "read", summary: "Read what a run still lacks", params, reply: readinessSchema },
    async ({ context, params: { id } }) => ({
      body: await projectReadiness(context, await existingProject(context, id)),
    }),
  )
}

const announceProject = (context: Context, { id }: ProjectRecord) => announce(context, "project", { id, projectId: id })

async function changed(context: Context, project: ProjectRecord, role: Role): Promise<{ body: Project }> {
  await announceProject(context, project)
  return { body: toReply(project, role) }
}

function roleOf({ role, rights }: User, { id }: ProjectRecord): Role {
  const here = roleIn(role, rights, id)
  if (here === null) throw notFound("project")
  return here
}

function toReply({ nextTicket: _, archivedAt, createdAt, updatedAt, ...project }: ProjectRecord, role: Role): Project {
  return { ...project, role, archivedAt: isoOrNull(archivedAt), createdAt: iso(createdAt), updatedAt: iso(updatedAt) }
}
