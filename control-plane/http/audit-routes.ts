import { auditPageSchema, auditQuery } from "#contract/audit.schema.ts"
import { userNames } from "../answers/user-names.ts"
import { iso } from "../context.ts"
import { listActs } from "./audit.ts"
import { type App, route, summaryOf } from "./route.ts"

export function mountAudit(app: App): void {
  route(
    app,
    {
      method: "get",
      path: "/api/audit",
      caller: "admin",
      summary: "List changing acts: who, what, when and from where",
      query: auditQuery,
      reply: auditPageSchema,
    },
    async ({ context, query }) => {
      const { items, nextCursor } = await listActs(context, query)
      const names = await userNames(
        context,
        items.map(({ actor }) => actor),
      )
      return {
        body: {
          items: items.map(({ actor, at, act, ...rest }) => ({
            ...rest,
            ...{ at: iso(at), act, summary: summaryOf(act), actor: { id: actor, name: names.get(actor) ?? null } },
          })),
          nextCursor,
        },
      }
    },
  )
}
