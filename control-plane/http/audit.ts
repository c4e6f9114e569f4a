import type { Context } from "../context.ts"
import { auditLog } from "./table.ts"

/** One row for each changing act that was carried out. Never holds a body: secrets pass through some of them. */
export async function recordAct(
  { db, now, newId }: Context,
  act: { actor: string; act: string; subject: string; requestId: string; address: string | null; status: number },
): Promise<void> {
  await db.insert(auditLog).values({ id: newId("request"), at: now(), ...act })
}
