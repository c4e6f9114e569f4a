import { usageQuery, usageReplySchema } from "#contract/usage.schema.ts"
import { usageOf } from "../answers/usage.ts"
import { type App, route } from "./route.ts"

export function mountUsage(app: App): void {
  route(
    app,
    {
      method: "get",
      path: "/api/usage",
      caller: "read",
      summary: "What jobs used: tokens, cost and time, by day, project, ticket, clanker, kind or model",
      query: usageQuery,
      reply: usageReplySchema,
    },
    async ({ context, query }) => ({ body: await usageOf(context, query) }),
  )
}
