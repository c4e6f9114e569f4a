import { and, eq, isNotNull, lte, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { WebhookEvent } from "#contract/claws.ts"
import type { Context } from "../context.ts"
import { clawDeliveries, clawSchedules } from "./table.ts"

export interface Message {
  scheduleId: string
  event: WebhookEvent
  subject: string
  /** The standard's `data`. */
  data: Record<string, unknown>
}

/** For the batch of what it tells: written only where the schedule has a webhook, once per event and subject. */
export function deliveryItem(
  { db, now, newId }: Context,
  { scheduleId, event, subject, data }: Message,
  onlyIf: SQL = sql`1 = 1`,
): BatchItem<"sqlite"> {
  const at = now()
  const body = JSON.stringify({ type: event, timestamp: new Date(at).toISOString(), data })
  return db
    .insert(clawDeliveries)
    .select(
      sql`SELECT ${newId("delivery")}, ${scheduleId}, ${event}, ${subject}, ${body}, 0, ${at}, NULL, NULL, ${at}
      WHERE EXISTS (SELECT 1 FROM ${clawSchedules} WHERE ${clawSchedules.id} = ${scheduleId} AND ${clawSchedules.webhookUrl} IS NOT NULL) AND ${onlyIf}`,
    )
    .onConflictDoNothing()
}

export interface Delivery {
  id: string
  scheduleId: string
  body: string
  tries: number
  /** Null when the webhook was taken away meanwhile. */
  target: { url: string; sealed: string } | null
}
const AT_ONCE = 50

/** Takes what is due for itself until `until`: of two ticks one sends it. */
export function takeDeliveries({ db, now }: Context, until: number) {
  const due = and(isNotNull(clawDeliveries.nextAt), lte(clawDeliveries.nextAt, now()))
  return db
    .update(clawDeliveries)
    .set({ nextAt: until, tries: sql`${clawDeliveries.tries} + 1` })
    .where(
      sql`${clawDeliveries.id} IN (${db.select({ id: clawDeliveries.id }).from(clawDeliveries).where(due).orderBy(clawDeliveries.nextAt).limit(AT_ONCE)})`,
    )
    .returning({
      id: clawDeliveries.id,
      scheduleId: clawDeliveries.scheduleId,
      body: clawDeliveries.body,
      tries: clawDeliveries.tries,
      url: sql<string | null>`(SELECT webhook_url FROM claw_schedules WHERE claw_schedules.id = claw_deliveries.schedule_id)`,
      sealed: sql<string | null>`(SELECT webhook_sealed FROM claw_schedules WHERE claw_schedules.id = claw_deliveries.schedule_id)`,
    })
}

export function toDelivery({ url, sealed, ...rest }: Awaited<ReturnType<typeof takeDeliveries>>[number]): Delivery {
  return { ...rest, target: url === null || sealed === null ? null : { url, sealed } }
}

/** `nextAt` null: delivered, or given up. */
export async function noteDelivery(
  { db, now }: Context,
  id: string,
  { error, nextAt }: { error: string | null; nextAt: number | null },
): Promise<void> {
  await db
    .update(clawDeliveries)
    .set({ nextAt, lastError: error, deliveredAt: error === null ? now() : null })
    .where(eq(clawDeliveries.id, id))
}
