import { z } from "zod"
import {
  executionSchema,
  scheduleCreateSchema,
  schedulePatchSchema,
  schedulePreviewReplySchema,
  schedulePreviewSchema,
  scheduleSchema,
} from "#contract/claws.schema.ts"
import { idSchema } from "#contract/ids.schema.ts"
import { pageOf, pageQuery } from "#contract/lists.schema.ts"
import { iso } from "../context.ts"
import { announce } from "../feed/announce.ts"
import { type App, route } from "../http/route.ts"
import { nextRuns } from "./due.ts"
import { checkTiming, createSchedule, deleteSchedule, existingSchedule, type Made, patchSchedule } from "./edit.ts"
import { listExecutions } from "./execution-store.ts"
import { toExecution, toSchedule } from "./reply.ts"
import { listSchedules } from "./schedule-store.ts"
import { runNow } from "./tick.ts"

const params = { id: idSchema("schedule") }
const all = "/api/claws/schedules"
const one = `${all}/:id`
const PREVIEWED = 5

export function mountSchedules(app: App): void {
  mountCollection(app)
  mountOne(app)
  mountExecutions(app)
}

const shown = ({ schedule, secret }: Made) => toSchedule(schedule, secret)

function mountCollection(app: App): void {
  route(
    app,
    {
      method: "post",
      path: all,
      caller: "write",
      summary: "Create a schedule; a webhook's signing secret is answered here and never again",
      body: scheduleCreateSchema,
      reply: scheduleSchema,
      status: 201,
      creates: true,
    },
    async ({ context, caller, body }) => {
      const made = await createSchedule(context, { input: body, userId: caller.id })
      await announce(context, "claw", made.schedule)
      return { body: shown(made) }
    },
  )

  route(
    app,
    {
      method: "get",
      path: all,
      caller: "read",
      summary: "List schedules",
      query: { ...pageQuery, projectId: idSchema("project").optional(), templateId: idSchema("clawTemplate").optional() },
      reply: pageOf(scheduleSchema),
    },
    async ({ context, query }) => {
      const { items, nextCursor } = await listSchedules(context, query)
      return { body: { items: items.map((schedule) => toSchedule(schedule)), nextCursor } }
    },
  )

  route(
    app,
    {
      method: "post",
      path: `${all}/preview`,
      caller: "read",
      summary: "See the next runs of a time that is not saved",
      body: schedulePreviewSchema,
      reply: schedulePreviewReplySchema,
    },
    async ({ context, body }) => {
      const timing = checkTiming({ ...body, anchorAt: body.anchorAt === null ? context.now() : Date.parse(body.anchorAt) })
      return { body: { nextRuns: nextRuns(timing, context.now(), PREVIEWED).map(iso) } }
    },
  )
}

function mountOne(app: App): void {
  route(
    app,
    { method: "get", path: one, caller: "read", summary: "Read a schedule", params, reply: scheduleSchema },
    async ({ context, params: { id } }) => ({ body: toSchedule(await existingSchedule(context, id)) }),
  )

  route(
    app,
    {
      method: "patch",
      path: one,
      caller: "write",
      summary: "Change a schedule, pause it, or resume it",
      params,
      body: schedulePatchSchema,
      reply: scheduleSchema,
    },
    async ({ context, params: { id }, body }) => {
      const made = await patchSchedule(context, await existingSchedule(context, id), body)
      await announce(context, "claw", made.schedule)
      return { body: shown(made) }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: one,
      caller: "write",
      summary: "Delete a schedule with its history; a job of it that runs goes on",
      params,
      reply: z.undefined(),
      status: 204,
    },
    async ({ context, params: { id } }) => {
      const schedule = await existingSchedule(context, id)
      await deleteSchedule(context, schedule)
      await announce(context, "claw", schedule)
      return { body: undefined }
    },
  )
}

function mountExecutions(app: App): void {
  route(
    app,
    {
      method: "post",
      path: `${one}/executions`,
      caller: "write",
      summary: "Run now, whether the schedule is enabled or not",
      params,
      reply: executionSchema,
      status: 202,
      creates: true,
    },
    async ({ context, caller, params: { id } }) => {
      return { body: toExecution(await runNow(context, await existingSchedule(context, id), caller.id)) }
    },
  )

  route(
    app,
    {
      method: "get",
      path: `${one}/executions`,
      caller: "read",
      summary: "List what became of a schedule's due times",
      params,
      query: pageQuery,
      reply: pageOf(executionSchema),
    },
    async ({ context, params: { id }, query }) => {
      const { items, nextCursor } = await listExecutions(context, (await existingSchedule(context, id)).id, query)
      return { body: { items: items.map(toExecution), nextCursor } }
    },
  )
}
