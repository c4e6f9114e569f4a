import { AppError } from "../errors.ts"
import { feedObject } from "../feed/stub.ts"
import { authenticate, authorize } from "./auth.ts"
import type { App } from "./route.ts"

export function mountFeed(app: App): void {
  app.get("/api/feed", async (c) => {
    const user = await authenticate(c.req.raw, c.var.context)
    authorize(user, "read")
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket")
      throw new AppError("request.malformed", "This address takes a WebSocket upgrade.")
    return feedObject(c.var.context.env).fetch(new Request(c.req.url, { headers: { upgrade: "websocket", "x-viberglass-user": user.id } }))
  })
}
