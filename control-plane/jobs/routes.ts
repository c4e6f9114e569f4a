import { z } from "zod"
import { JOB_KINDS, JOB_STATUSES, isTerminal, type Job } from "#contract/jobs.ts"
import { jobReplySchema, jobSchema, retrySchema } from "#contract/jobs.schema.ts"
import { idSchema } from "#contract/ids.schema.ts"
import { pageOf, pageQuery } from "#contract/lists.schema.ts"
import { storedEventSchema } from "#contract/live.schema.ts"
import { ARTIFACT_NAME } from "#contract/worker.ts"
import type { Context } from "../context.ts"
import { iso } from "../context.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import { enter } from "../http/auth.ts"
import { type App, route } from "../http/route.ts"
import { queueObject } from "../queue/stub.ts"
import { retryJob } from "../tickets/retry.ts"
import { isForWorkers } from "./resume.ts"
import { findJobRow, listJobs, removeJob } from "./store.ts"
import { type JobStub, jobObject } from "./stub.ts"
import { VIEWER_HEADER } from "./viewers.ts"

const params = { id: idSchema("job") }
const one = "/api/jobs/:id"
const filters = {
  status: z.enum(JOB_STATUSES).optional(),
  kind: z.enum(JOB_KINDS).optional(),
  projectId: idSchema("project").optional(),
  ticketId: idSchema("ticket").optional(),
  clankerId: idSchema("clanker").optional(),
}
const eventQuery = {
  after: z.coerce.number().int().min(0).default(0),
  cursor: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
}

export function mountJobs(app: App): void {
  route(
    app,
    {
      method: "get",
      path: "/api/jobs",
      caller: "read",
      summary: "List jobs",
      query: { ...pageQuery, ...filters },
      reply: pageOf(jobSchema),
    },
    async ({ context, query: { limit, cursor, ...filter } }) => ({
      body: await listJobs(context, filter, { limit, cursor }),
    }),
  )

  route(
    app,
    { method: "get", path: one, caller: "read", summary: "Read a job from its object", params, reply: jobSchema },
    async ({ context, params: { id } }) => ({ body: await readJob(context, id) }),
  )

  route(
    app,
    {
      method: "delete",
      path: one,
      caller: "write",
      summary: "Delete a job that has ended",
      params,
      reply: z.object({ deleted: z.boolean() }),
    },
    async ({ context, params: { id } }) => {
      const stub = await existing(context, id)
      const job = await stub.read()
      if (job && !isTerminal(job.status)) throw new AppError("job.not-ended", "This job has not ended: cancel it first.")
      if (job && !job.settled)
        throw new AppError("job.not-ended", "This job has only just ended and its outcome is still being written: try again in a moment.")
      await removeArtifacts(context, id)
      await stub.remove()
      await removeJob(context, id)
      return { body: { deleted: true } }
    },
  )

  route(
    app,
    {
      method: "get",
      path: `${one}/prompt`,
      caller: "read",
      summary: "Read the prompt the agent got",
      params,
      reply: z.object({ prompt: z.string() }),
    },
    async ({ context, params: { id } }) => {
      const prompt = await (await existing(context, id)).prompt()
      if (prompt === null) throw notFound("job")
      return { body: { prompt } }
    },
  )

  mountActs(app)
  mountLog(app)
}

/** What a person may do with a job. */
function mountActs(app: App): void {
  route(
    app,
    { method: "post", path: `${one}/cancellation`, caller: "write", summary: "Cancel a job", params, reply: jobReplySchema, status: 202 },
    async ({ context, caller, params: { id } }) => {
      const said = await (await existing(context, id)).cancel(caller.id)
      if (said.ok) return { body: { job: said.job } }
      throw said.refusal === "unknown" ? notFound("job") : new AppError("job.ended", "This job has ended already.")
    },
  )

  route(
    app,
    {
      method: "post",
      path: `${one}/retries`,
      caller: "write",
      summary: "Try a failed or cancelled job again",
      params,
      body: retrySchema,
      reply: jobReplySchema,
      status: 202,
      creates: true,
    },
    async ({ context, caller, params: { id }, body }) => ({
      body: { job: await retryJob(context, { user: caller, id, body }) },
    }),
  )
}

function mountLog(app: App): void {
  const page = z.object({ items: z.array(storedEventSchema), nextCursor: z.string().nullable() })
  route(
    app,
    {
      method: "get",
      path: `${one}/events`,
      caller: "read",
      summary: "Page through a job's events, oldest first",
      params,
      query: eventQuery,
      reply: page,
    },
    async ({ context, params: { id }, query }) => ({
      body: JSON.parse(await (await existing(context, id)).page(query.cursor ?? query.after, query.limit)),
    }),
  )

  const artifact = z.object({ attempt: z.number(), name: z.string(), size: z.number(), at: z.string() })
  route(
    app,
    {
      method: "get",
      path: `${one}/artifacts`,
      caller: "read",
      summary: "List a job's files",
      params,
      reply: z.object({ items: z.array(artifact), nextCursor: z.string().nullable() }),
    },
    async ({ context, params: { id } }) => {
      const items = await (await existing(context, id)).artifacts()
      return { body: { items: items.map((item) => ({ ...item, at: iso(item.at) })), nextCursor: null } }
    },
  )

  app.get(`${one}/artifacts/:name`, async (c) => {
    const { context } = await enter(c.req.raw, c.var.context, "read")
    const name = c.req.param("name")
    if (!ARTIFACT_NAME.test(name) || isForWorkers(name)) throw invalid("name", "is not a file that can be downloaded")
    const found = (await (await existing(context, c.req.param("id"))).artifacts()).filter((item) => item.name === name).at(-1)
    const object = found ? await context.env.BUCKET.get(`artifacts/${c.req.param("id")}/${found.attempt}/${name}`) : null
    if (!object) throw notFound("file")
    return new Response(object.body, {
      headers: {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename="${name}"`,
        "x-content-type-options": "nosniff",
      },
    })
  })

  app.get(`${one}/log`, async (c) => {
    const { context } = await enter(c.req.raw, c.var.context, "read")
    const stub = await existing(context, c.req.param("id"))
    return new Response(parts(stub), { headers: { "content-type": "text/plain; charset=utf-8" } })
  })

  app.get(`${one}/live`, async (c) => {
    const { context, caller } = await enter(c.req.raw, c.var.context, "read")
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket")
      throw new AppError("request.malformed", "This address takes a WebSocket upgrade.")
    const stub = await existing(context, c.req.param("id"))
    const viewer = JSON.stringify({ userId: caller.id, tokenId: caller.tokenId, sessionId: caller.sessionId })
    return stub.fetch(new Request(c.req.url, { headers: { upgrade: "websocket", [VIEWER_HEADER]: viewer } }))
  })
}

/** A part is asked for when the reader has taken the one before: a large log is never in memory as a whole. */
function parts(stub: JobStub): ReadableStream<Uint8Array> {
  let next: number | null = 0
  return new ReadableStream({
    async pull(controller) {
      if (next === null) return controller.close()
      const part = await stub.text(next)
      next = part.next
      if (part.text !== "") controller.enqueue(new TextEncoder().encode(part.text))
      if (next === null) controller.close()
    },
  })
}

/** The row says that the job exists and who may see it; everything else is its object's. */
async function existing(context: Context, id: string): Promise<JobStub> {
  const row = await findJobRow(context, id)
  if (!row) throw notFound("job")
  context.reach.check(row.projectId, "job")
  return jobObject(context.env, id)
}

async function readJob(context: Context, id: string): Promise<Job> {
  const job = await (await existing(context, id)).read()
  if (!job) throw notFound("job")
  if (!job.queue) return job
  const place = await queueObject(context.env).describe(id)
  return place ? { ...job, queue: place } : job
}

async function removeArtifacts({ env }: Context, id: string): Promise<void> {
  for (const prefix of [`artifacts/${id}/`, `logs/${id}/`, `texts/${id}`, `specs/${id}`]) {
    for (;;) {
      const { objects, truncated } = await env.BUCKET.list({ prefix, limit: 500 })
      if (objects.length > 0) await env.BUCKET.delete(objects.map(({ key }) => key))
      if (!truncated) break
    }
  }
}
