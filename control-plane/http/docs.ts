import { notFound } from "../errors.ts"
import type { App } from "./route.ts"

/** The page is one of the web pages, which draws /api/openapi.json; their shell is handed out at this address too. */
export function mountDocs(app: App): void {
  app.get("/api/docs", async (c) => {
    const { ASSETS } = c.var.context.env
    if (!ASSETS) throw notFound("page")
    const shell = await ASSETS.fetch(new URL("/", c.req.url))
    return new Response(shell.body, { status: shell.status, headers: { "content-type": "text/html; charset=utf-8" } })
  })
}
