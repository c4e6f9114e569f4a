import { VERSION } from "../config.ts"
import type { App } from "./route.ts"

/** The document is generated from the routes themselves. */
export function mountOpenApi(app: App): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer", bearerFormat: "vg_…" })
  app.doc31("/api/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Viberglass",
      version: VERSION,
      description: "Tickets become pull requests. Everything the product does goes through this API.",
    },
  })
}
