import type { Context } from "../context.ts"
import { standingsOf } from "../projects/grant-store.ts"
import { rightsOf, roleIn } from "../projects/rights.ts"
import { roleStillIn } from "../users/store.ts"
import type { Who } from "./viewers.ts"

/** Whether a viewer of a job is still signed in, and still sees its project. */
export async function mayLook(context: Context, who: Who, projectId: string | null | undefined): Promise<boolean> {
  const role = await roleStillIn(context, who)
  if (role === null || projectId === undefined) return false
  return role === "admin" || projectId === null || roleIn(role, rightsOf(role, await standingsOf(context, who.userId)), projectId) !== null
}
