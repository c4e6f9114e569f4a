import { and, eq, type SQL, sql } from "drizzle-orm"
import type { SelfTest } from "#contract/clankers.ts"
import type { Context } from "../context.ts"
import { clankers } from "./table.ts"

/** Holds while the clanker is there and takes jobs. */
export const takesJobs = (clankerId: string): SQL =>
  sql`EXISTS (SELECT 1 FROM ${clankers} WHERE ${clankers.id} = ${clankerId} AND ${clankers.acceptsJobs} = 1)`

/** For the batch that makes the job. */
export const selfTestStarted = ({ db }: Context, clankerId: string, selfTest: SelfTest) =>
  db.update(clankers).set({ selfTest }).where(eq(clankers.id, clankerId))

/** Only the newest one's end counts. */
export async function selfTestEnded({ db }: Context, clankerId: string, selfTest: SelfTest): Promise<void> {
  await db
    .update(clankers)
    .set({ selfTest })
    .where(and(eq(clankers.id, clankerId), sql`${clankers.selfTest} ->> '$.jobId' = ${selfTest.jobId}`))
}
