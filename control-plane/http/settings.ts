import { z } from "zod"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { type App, route } from "./route.ts"

/** The cron by hand: admin, on a local control plane only. */
export function mountTicks(app: App, tick: (context: Context) => Promise<void>): void {
  route(
    app,
    {
      method: "post",
      path: "/api/settings/ticks",
      caller: "admin",
      summary: "Run the cron at a given time (local only)",
      body: z.strictObject({ at: z.iso.datetime().optional() }),
      reply: z.object({ at: z.string() }),
    },
    async ({ context, body }) => {
      if (context.config.environment !== "local") throw new AppError("auth.forbidden", "Ticks by hand exist only on a local control plane.")
      const at = body.at ? Date.parse(body.at) : context.now()
      await tick({ ...context, now: () => at })
      return { body: { at: new Date(at).toISOString() } }
    },
  )
}
