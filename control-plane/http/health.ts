import { VERSION } from "../config.ts"
import { wordsOf } from "../errors.ts"
import type { App } from "./route.ts"

/** 200 with what was checked; a missing configuration was answered 503 with the list before it came here. */
export function mountHealth(app: App): void {
  app.get("/health", async (c) => {
    const { env } = c.var.context
    const database = await env.DB.prepare("SELECT 1")
      .first()
      .then(() => "ok", wordsOf)
    const status = database === "ok" ? "ok" : "degraded"
    return c.json({ status, version: VERSION, checks: { database } }, status === "ok" ? 200 : 503)
  })
}
