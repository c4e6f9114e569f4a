import { z } from "zod"
import { clankerRevisionSchema, clankerRevisionWithContentsSchema } from "#contract/clankers.schema.ts"
import type { ClankerRevision } from "#contract/clankers.ts"
import { pageOf, pageQuery } from "#contract/lists.schema.ts"
import { utf8Length } from "#contract/text.ts"
import { iso } from "../context.ts"
import { notFound } from "../errors.ts"
import { type App, route } from "../http/route.ts"
import { existingClanker } from "./edit.ts"
import { findRevision, listFiles, listRevisions, loadFiles, type RevisionRecord } from "./revision-store.ts"
import type { ClankerRecord } from "./store.ts"

const params = { id: z.string().max(100) }
const revisions = "/api/clankers/:id/revisions"

/** What was saved at each edit. A revision never changes; which one is deployed does. */
export function mountRevisions(app: App): void {
  route(
    app,
    {
      method: "get",
      path: revisions,
      caller: "read",
      summary: "List a clanker's revisions, newest first",
      params,
      query: pageQuery,
      reply: pageOf(clankerRevisionSchema),
    },
    async ({ context, params: { id }, query }) => {
      const clanker = await existingClanker(context, id)
      const { items, nextCursor } = await listRevisions(context, clanker.id, query)
      const filesOf = await listFiles(
        context,
        items.map(({ revision }) => ({ id: clanker.id, revision })),
      )
      const shown = items.map((item) => toReply(clanker, item, filesOf({ id: clanker.id, revision: item.revision })))
      return { body: { items: shown, nextCursor } }
    },
  )

  route(
    app,
    {
      method: "get",
      path: `${revisions}/:n`,
      caller: "read",
      summary: "Read one revision with the contents of its files",
      params: { ...params, n: z.coerce.number().int().min(1) },
      reply: clankerRevisionWithContentsSchema,
    },
    async ({ context, params: { id, n } }) => {
      const clanker = await existingClanker(context, id)
      const found = await findRevision(context, clanker.id, n)
      if (!found) throw notFound("revision")
      const files = (await loadFiles(context, clanker.id, n)).map((file) => ({ ...file, size: utf8Length(file.content) }))
      return { body: toReply(clanker, found, files) }
    },
  )
}

const toReply = <F extends ClankerRevision["files"]>(
  { deployedRevision }: ClankerRecord,
  { revision, agent, agentSettings, deploymentConfig, secretIds, maxExecutionTime, createdAt }: RevisionRecord,
  files: F,
): Omit<ClankerRevision, "files"> & { files: F } => ({
  n: revision,
  agent,
  agentSettings,
  deploymentConfig,
  secretIds,
  files,
  maxExecutionTime,
  deployed: revision === deployedRevision,
  createdAt: iso(createdAt),
})
