import type { ClawScheduleCreate, ClawSchedulePatch, ClawTemplateCreate, ClawTemplatePatch } from "#contract/claws.ts"
import { clankersAmong } from "../clankers/store.ts"
import type { Context } from "../context.ts"
import { isUniqueConflict, listed } from "../db/client.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import { refuseArchived } from "../projects/edit.ts"
import { projectQuery } from "../projects/store.ts"
import { isUsableIn } from "../secrets/scope.ts"
import { secretsQuery } from "../secrets/store.ts"
import { nextAfter, readTiming, type Timing } from "./due.ts"
import { findSchedule, insertSchedule, removeSchedule, type ScheduleRecord, updateSchedule } from "./schedule-store.ts"
import { findTemplate, insertTemplate, removeTemplate, type TemplateRecord, updateTemplate } from "./template-store.ts"
import { newWebhookSecret, webhookAddress } from "./webhook.ts"

export async function existingTemplate(context: Context, id: string): Promise<TemplateRecord> {
  const template = await findTemplate(context, id)
  if (!template) throw notFound("task template")
  context.reach.check(template.projectId, "task template")
  return template
}

export async function existingSchedule(context: Context, id: string): Promise<ScheduleRecord> {
  const schedule = await findSchedule(context, id)
  if (!schedule) throw notFound("schedule")
  context.reach.check(schedule.projectId, "schedule")
  return schedule
}

export async function createTemplate(
  context: Context,
  { input, userId }: { input: ClawTemplateCreate; userId: string },
): Promise<TemplateRecord> {
  await checkTemplate(context, input.projectId, input)
  return named(() => insertTemplate(context, { id: context.newId("clawTemplate"), ...input, createdBy: userId }))
}

/** A field that is left out stays, and so do instructions that are blank. */
export async function patchTemplate(context: Context, template: TemplateRecord, patch: ClawTemplatePatch): Promise<TemplateRecord> {
  await checkTemplate(context, template.projectId, patch)
  const { instructions, ...fields } = patch
  const change = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const kept = instructions === undefined || instructions.trim() === "" ? {} : { instructions }
  const changed = await named(() => updateTemplate(context, template.id, { ...change, ...kept }))
  if (!changed) throw notFound("task template")
  return changed
}

export async function deleteTemplate(context: Context, template: TemplateRecord): Promise<void> {
  if (!(await removeTemplate(context, template.id)))
    throw new AppError("claw.has-schedules", `The task template ${template.name} has schedules: delete them first.`, {
      schedules: template.schedules,
    })
}

/** Refuses what the template names and the project may not use, before anything is written. */
async function checkTemplate(
  context: Context,
  projectId: string,
  { clankerId, secretIds = [] }: Pick<ClawTemplatePatch, "clankerId" | "secretIds">,
): Promise<void> {
  if (context.reach.hidden.includes(projectId)) throw invalid("projectId", "names no project")
  const [[project], clankers, secrets] = await context.db.batch([
    projectQuery(context, projectId),
    clankersAmong(context, clankerId ? [clankerId] : []),
    secretsQuery(context, listed(secretIds)),
  ])
  if (project?.id !== projectId) throw invalid("projectId", "names no project")
  context.reach.check(projectId, "project")
  refuseArchived(project)
  if (clankerId && clankers.length === 0) throw invalid("clankerId", "names no clanker")
  for (const [index, id] of secretIds.entries()) {
    const secret = secrets.find((found) => found.id === id)
    if (!secret || context.reach.hidden.includes(secret.projectId ?? "")) throw invalid(`secretIds.${index}`, "names no secret")
    if (!isUsableIn(secret, projectId)) throw invalid(`secretIds.${index}`, "names a secret of another project")
  }
}

async function named<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (!isUniqueConflict(error)) throw error
    throw new AppError("claw.name-taken", "name is taken: this project has a task template of that name.", { fields: { name: "is taken" } })
  }
}

/** A schedule as it is answered when its signing secret was made here. */
export interface Made {
  schedule: ScheduleRecord
  secret?: string
}

export async function createSchedule(context: Context, { input, userId }: { input: ClawScheduleCreate; userId: string }): Promise<Made> {
  const { templateId, webhook, anchorAt, ...fields } = input
  const template = await findTemplate(context, templateId)
  if (!template || context.reach.hidden.includes(template.projectId)) throw invalid("templateId", "names no task template")
  context.reach.check(template.projectId, "task template")
  const id = context.newId("schedule")
  const anchor = anchorAt === null ? context.now() : Date.parse(anchorAt)
  const timing = checkTiming({ ...fields, anchorAt: anchor })
  const hook = await sealWebhook(context, id, webhook)
  const schedule = await insertSchedule(context, {
    ...{ id, templateId, projectId: template.projectId, ...fields, anchorAt: anchor, ...hook.columns },
    ...{ nextRunAt: fields.enabled ? nextAfter(timing, context.now()) : null, failures: 0, pausedReason: null, createdBy: userId },
  })
  return { schedule, ...(hook.secret === undefined ? {} : { secret: hook.secret }) }
}

/** Another time counts from now on; `enabled: true` also takes it out of the pause it fell into. */
export async function patchSchedule(context: Context, schedule: ScheduleRecord, patch: ClawSchedulePatch): Promise<Made> {
  const { webhook, anchorAt, cron, interval, ...rest } = patch
  const fields = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  // Naming one way of timing takes the place of the other.
  const times = {
    cron: cron === undefined ? (interval ? null : schedule.cron) : cron,
    interval: interval === undefined ? (cron ? null : schedule.interval) : interval,
    anchorAt: anchorAt === undefined ? schedule.anchorAt : anchorAt === null ? context.now() : Date.parse(anchorAt),
  }
  const next = { ...schedule, ...fields, ...times }
  const timing = checkTiming(next)
  const resumed = patch.enabled === true && schedule.pausedReason !== null
  const looked = next.enabled && (schedule.pausedReason === null || resumed)
  const retimed = [cron, interval, anchorAt, patch.timeZone, patch.enabled].some((value) => value !== undefined)
  const hook = webhook === undefined ? null : await sealWebhook(context, schedule.id, webhook, schedule.webhookSealed)
  const changed = await updateSchedule(context, schedule.id, {
    ...{ ...fields, ...times, ...hook?.columns },
    ...(retimed ? { nextRunAt: looked ? nextAfter(timing, context.now()) : null } : {}),
    ...(resumed ? { pausedReason: null, failures: 0 } : {}),
  })
  if (!changed) throw notFound("schedule")
  return { schedule: changed, ...(hook?.secret === undefined ? {} : { secret: hook.secret }) }
}

export const deleteSchedule = (context: Context, { id }: ScheduleRecord): Promise<void> => removeSchedule(context, id)

export function checkTiming(fields: Parameters<typeof readTiming>[0]): Timing {
  const read = readTiming(fields)
  if ("field" in read) throw invalid(read.field, read.sentence)
  return read.timing
}

/** A new address keeps the secret that is there, unless another one is given. */
async function sealWebhook(
  { vault }: Context,
  scheduleId: string,
  webhook: ClawScheduleCreate["webhook"],
  kept: string | null = null,
): Promise<{ columns: { webhookUrl: string | null; webhookSealed: string | null }; secret?: string }> {
  if (webhook === null) return { columns: { webhookUrl: null, webhookSealed: null } }
  const { url, secret } = webhook
  if (secret === undefined && kept !== null) return { columns: { webhookUrl: url, webhookSealed: kept } }
  const value = secret ?? newWebhookSecret()
  const webhookSealed = await vault.seal(webhookAddress(scheduleId), value)
  return { columns: { webhookUrl: url, webhookSealed }, ...(secret === undefined ? { secret: value } : {}) }
}
