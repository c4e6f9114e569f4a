import { eq } from "drizzle-orm"
import type { Db } from "../db/client.ts"
import { installationSettings } from "./table.ts"

/** What of the context this store needs; it lies below it. */
export interface Door {
  db: Db
  now: () => number
}
const SECOND_APPROVER = "requireSecondApprover"

export const secondApproverQuery = ({ db }: Pick<Door, "db">) =>
  db.select({ value: installationSettings.value }).from(installationSettings).where(eq(installationSettings.name, SECOND_APPROVER)).limit(1)

export const isRequired = ([setting]: readonly { value: unknown }[]): boolean => setting?.value === true

export const requiresSecondApprover = async (door: Pick<Door, "db">): Promise<boolean> => isRequired(await secondApproverQuery(door))

export async function setSecondApprover({ db, now }: Door, value: boolean): Promise<void> {
  const row = { name: SECOND_APPROVER, value, updatedAt: now() }
  await db
    .insert(installationSettings)
    .values(row)
    .onConflictDoUpdate({ target: installationSettings.name, set: { value, updatedAt: row.updatedAt } })
}
