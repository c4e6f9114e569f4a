import { dashboardSchema } from "#contract/dashboard.schema.ts"
import { dashboard } from "../answers/dashboard.ts"
import { type App, route } from "./route.ts"

export function mountDashboard(app: App): void {
  route(
    app,
    { method: "get", path: "/api/dashboard", caller: "read", summary: "What needs a person, and what runs", reply: dashboardSchema },
    async ({ context }) => ({ body: await dashboard(context) }),
  )
}
