import { AppError } from "../errors.ts"
import { FEED_EVERYTHING, FEED_UNTIL, FEED_USER, feedObject } from "../feed/stub.ts"
import { enter } from "./auth.ts"
import type { App } from "./route.ts"

/** How long one socket may live on one check of who is there; browsers connect again by themselves. */
const DAY_MS = 24 * 60 * 60_000

export function mountFeed(app: App): void {
  app.get("/api/feed", async (c) => {
    const { context, caller: user } = await enter(c.req.raw, c.var.context, "read")
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket")
      throw new AppError("request.malformed", "This address takes a WebSocket upgrade.")
    const until = user.expiresAt ?? context.now() + DAY_MS
    const everything = String(user.role === "admin")
    const headers = { upgrade: "websocket", [FEED_USER]: user.id, [FEED_EVERYTHING]: everything, [FEED_UNTIL]: String(until) }
    return feedObject(context.env).fetch(new Request(c.req.url, { headers }))
  })
}
