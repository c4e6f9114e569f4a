import { awsEventSchema, TASK_STATE_CHANGE, taskChangeSchema } from "#contract/aws-events.schema.ts"
import { idSchema } from "#contract/ids.schema.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { sameText } from "../hash.ts"
import { parse, parseJson, readBytes } from "../http/input.ts"
import type { App } from "../http/route.ts"
import { isUnfinished } from "./store.ts"
import { jobObject } from "./stub.ts"

const PATH = "/hooks/aws"
const KEY_HEADER = "x-viberglass-key"
const BODY_LIMIT = 262_144
/** The worker is dead in these; every change before them tells nothing that the worker does not say itself. */
const ENDED: readonly string[] = ["DEPROVISIONING", "STOPPED"]

/**
 * What AWS tells by itself, through a rule and an API destination of EventBridge: wake-ups, not truth. An event may come
 * late, twice or never, and nothing of it is believed but which job to look at.
 */
export function mountHooks(app: App): void {
  app.post(PATH, async (c) => {
    const { context } = c.var
    requireKey(context, c.req.header(KEY_HEADER) ?? "")
    const event = parse(awsEventSchema, parseJson(await readBytes(c.req.raw, BODY_LIMIT)), "body")
    return c.json({ woken: await wake(context, event) }, 202)
  })
}

function requireKey({ keys }: Context, given: string): void {
  if (keys.awsEvents === null) throw new AppError("not-found", `There is nothing at ${PATH}.`)
  // All are compared, so that the time tells nothing of which one it was.
  const fits = keys.awsEvents.map((key) => sameText(key, given))
  if (!fits.includes(true)) throw new AppError("auth.required", `Send one of the keys of AWS_EVENTS_KEYS as ${KEY_HEADER}.`)
}

/** Whether a job's object was told. An object comes into being by being asked, so the row says first that there is such a job. */
async function wake(context: Context, event: ReturnType<typeof awsEventSchema.parse>): Promise<boolean> {
  if (event.source !== TASK_STATE_CHANGE.source || event["detail-type"] !== TASK_STATE_CHANGE.type) return false
  const { taskArn, lastStatus, startedBy } = parse(taskChangeSchema, event, "body").detail
  const job = idSchema("job").safeParse(startedBy)
  if (!job.success || !ENDED.includes(lastStatus) || !(await isUnfinished(context, job.data))) return false
  await jobObject(context.env, job.data).reported({ kind: "changed", handle: taskArn })
  return true
}
