import { z } from "zod"
import { idSchema } from "#contract/ids.schema.ts"
import {
  promptDeleteQuery,
  promptPreviewReplySchema,
  promptPreviewSchema,
  promptPutSchema,
  promptSchema,
  promptSourcesSchema,
} from "#contract/prompts.schema.ts"
import { PROMPT_KEYS } from "#contract/prompts.ts"
import { promptValuesOfTicket } from "../answers/prompt-values.ts"
import { checkProjectId } from "../answers/references.ts"
import { authorize, type User } from "../http/auth.ts"
import { type App, route } from "../http/route.ts"
import { previewTemplate, resetTemplate, saveTemplate } from "./edit.ts"
import { variableNames } from "./render.ts"
import { type Resolved, resolveTemplate, sourcesOf } from "./resolve.ts"

const params = { key: z.enum(PROMPT_KEYS) }
const query = { projectId: idSchema("project").optional() }
const one = "/api/prompts/:key"

export function mountPrompts(app: App): void {
  mountReads(app)
  mountOverrides(app)
}

function mountReads(app: App): void {
  route(
    app,
    {
      method: "get",
      path: "/api/prompts",
      caller: "read",
      summary: "List where each prompt template comes from",
      query,
      reply: promptSourcesSchema,
    },
    async ({ context, query: { projectId } }) => {
      await checkProjectId(context, projectId)
      return { body: { items: await sourcesOf(context, projectId ?? null) } }
    },
  )

  route(
    app,
    { method: "get", path: one, caller: "read", summary: "Read the prompt template in force", params, query, reply: promptSchema },
    async ({ context, params: { key }, query: { projectId } }) => {
      await checkProjectId(context, projectId)
      return { body: toReply(await resolveTemplate(context, key, projectId ?? null)) }
    },
  )

  route(
    app,
    {
      method: "post",
      path: `${one}/preview`,
      caller: "read",
      summary: "Render a template, saved or not",
      params,
      query,
      body: promptPreviewSchema,
      reply: promptPreviewReplySchema,
    },
    async ({ context, params: { key }, query: { projectId }, body }) => {
      await checkProjectId(context, projectId)
      const ticket = body.ticketId === undefined ? null : await promptValuesOfTicket(context, body.ticketId)
      const template = body.template ?? (await resolveTemplate(context, key, ticket?.projectId ?? projectId ?? null)).template
      return { body: previewTemplate(template, { ...ticket?.values, ...body.variables }) }
    },
  )
}

function mountOverrides(app: App): void {
  route(
    app,
    {
      method: "put",
      path: one,
      caller: "write",
      summary: "Override a prompt template, for a project or the installation",
      params,
      query,
      body: promptPutSchema,
      reply: promptSchema,
    },
    async ({ context, caller, params: { key }, query: { projectId }, body }) => {
      authorizeScope(caller, projectId)
      await checkProjectId(context, projectId)
      return { body: toReply(await saveTemplate(context, { key, projectId: projectId ?? null, base: body.baseRevision }, body.template)) }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: one,
      caller: "write",
      summary: "Remove an override; answers the template that is in force then",
      params,
      query: { ...query, ...promptDeleteQuery },
      reply: promptSchema,
    },
    async ({ context, caller, params: { key }, query: { projectId, baseRevision: base } }) => {
      authorizeScope(caller, projectId)
      await checkProjectId(context, projectId)
      return { body: toReply(await resetTemplate(context, { key, projectId: projectId ?? null, base })) }
    },
  )
}

/** The installation's templates are an admin's; a project's are its members'. */
function authorizeScope(caller: User, projectId: string | undefined): void {
  if (projectId === undefined) authorize(caller, "admin")
}

const toReply = (resolved: Resolved) => ({ ...resolved, variables: variableNames() })
