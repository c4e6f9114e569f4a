import { Webhook } from "standardwebhooks"
import { type Context, overrides } from "../context.ts"
import { wordsOf } from "../errors.ts"
import { callOutside } from "../outside.ts"
import { type Delivery, noteDelivery, takeDeliveries, toDelivery } from "./delivery-store.ts"

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Pauses after each failed try: nine tries in about a day and a half. */
const PAUSES_MS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR] as const
const ANSWER_MS = 10 * SECOND
/** How long a tick may hold what it took: longer than all its calls side by side. */
const HOLD_MS = 2 * MINUTE

/** A new signing secret, as the standard writes it: `whsec_` and 32 random bytes in base64. */
export const newWebhookSecret = (): string => `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`

export const webhookAddress = (scheduleId: string) => ({ table: "claw_schedules", row: scheduleId, column: "webhook_sealed" })

/** What webhooks have to be told now; whoever takes it has to send it. */
export const deliveriesToSend = (context: Context) => takeDeliveries(context, context.now() + HOLD_MS)

/** At least once: the message's id is the same at every try, and tells repeats. */
export async function sendDeliveries(context: Context, taken: Awaited<ReturnType<typeof deliveriesToSend>>): Promise<void> {
  await Promise.all(taken.map((delivery) => settle(context, toDelivery(delivery))))
}

async function settle(context: Context, delivery: Delivery): Promise<void> {
  const error = delivery.target === null ? "the webhook was taken away" : await send(context, delivery, delivery.target)
  const pause = error === null || delivery.target === null ? undefined : PAUSES_MS[delivery.tries - 1]
  if (error !== null && pause === undefined)
    context.log.warn("webhook.given-up", { delivery: delivery.id, schedule: delivery.scheduleId, error })
  await noteDelivery(context, delivery.id, { error, nextAt: pause === undefined ? null : context.now() + pause })
}

/** Null, or why it counts as not delivered: the standard takes every 2xx as a yes. */
async function send(
  { vault, config, now }: Context,
  { id, scheduleId, body }: Delivery,
  { url, sealed }: { url: string; sealed: string },
): Promise<string | null> {
  try {
    const signer = new Webhook(await vault.open(webhookAddress(scheduleId), sealed))
    const at = new Date(now())
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": signer.sign(id, at, body),
    }
    const { outboundAllow: allow } = config
    const response = await callOutside(
      url,
      { method: "POST", headers, body },
      { allow, limitMs: ANSWER_MS, fetch: overrides.fetch, resolve: overrides.resolve },
    )
    await response.body?.cancel()
    return response.ok ? null : `it answered ${response.status}`
  } catch (error) {
    return wordsOf(error)
  }
}
