import { and, desc, eq, lte, max, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import { isTerminal, type Job, type JobKind, type JobStatus } from "#contract/jobs.ts"
import type { Context } from "../context.ts"
import { type Id, isNullIn, notOf } from "../db/client.ts"
import { byCreation, newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import { type FullSpec, SPEC_INLINE_BYTES } from "./spec.ts"
import { jobs } from "./table.ts"
import { keepUsageItem } from "./usage-store.ts"

export interface NewJob {
  id: string
  spec: FullSpec
  exclusive: string
  ticketId: string | null
}

/** What is written in one batch with a job, and what must hold before any of it is. */
export interface Beside {
  onlyIf?: SQL
  others?: readonly BatchItem<"sqlite">[]
}

/** The row and everything that has to happen with it, or nothing at all: false where `onlyIf` does not hold. A broken unique index throws. */
export async function insertJob(
  context: Context,
  { id, spec, exclusive, ticketId }: NewJob,
  { onlyIf = sql`1 = 1`, others = [] }: Beside,
): Promise<boolean> {
  const { db, env, now } = context
  const text = JSON.stringify(spec)
  const inBucket = text.length > SPEC_INLINE_BYTES ? `specs/${id}.json` : null
  if (inBucket) await env.BUCKET.put(inBucket, text)
  const row = {
    id,
    // Without a kind the row is refused, and with it the whole batch: D1 knows no other way to call one off.
    kind: sql`(SELECT ${spec.kind} WHERE ${onlyIf})`,
    projectId: spec.projectId ?? NO_PROJECT,
    ticketId,
    clankerId: spec.clanker.id,
    exclusive,
    requestedBy: spec.requestedBy,
    spec: inBucket ? { inBucket } : spec,
    status: "queued" as const,
    createdAt: now(),
    updatedAt: now(),
  }
  try {
    await db.batch([db.insert(jobs).values(row), ...others])
    return true
  } catch (error) {
    if (isNullIn("jobs.kind", error)) return false
    throw error
  }
}

type StoredSpec = typeof jobs.$inferSelect.spec
/** The column takes no NULL, and a rebuild of the table would cost more than it is worth. */
const NO_PROJECT = ""
const ownProject = sql<string | null>`NULLIF(${jobs.projectId}, ${NO_PROJECT})`

/** Whose job it is, and its spec or where that lies. */
export async function findStored({ db }: Context, id: string): Promise<{ projectId: string | null; spec: StoredSpec } | null> {
  const [row] = await db.select({ projectId: ownProject, spec: jobs.spec }).from(jobs).where(eq(jobs.id, id)).limit(1)
  return row ?? null
}

/** The spec as it was written, from the row or the bucket. */
export async function readSpec({ env }: Context, stored: StoredSpec): Promise<FullSpec | null> {
  if (!("inBucket" in stored)) return stored
  const object = await env.BUCKET.get(stored.inBucket)
  return object ? await object.json<FullSpec>() : null
}

/**
 * Writes the object's present truth unless the row already knows a newer version. The same version is written again: the
 * watchdog's poke must move `updatedAt`, or the same quiet rows would be poked for ever and others never.
 */
export async function projectJob({ db, now }: Context, job: Job): Promise<void> {
  await db
    .update(jobs)
    .set({ status: job.status, terminal: isTerminal(job.status), snapshot: job, version: job.version, updatedAt: now() })
    .where(and(eq(jobs.id, job.id), lte(jobs.version, job.version)))
}

export async function findUnfinished({ db }: Context, exclusive: string): Promise<string | null> {
  const [row] = await db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.exclusive, exclusive), eq(jobs.terminal, false)))
    .limit(1)
  return row?.id ?? null
}

/** Who may see a job and whether it exists; the job itself is its object's. */
export async function findJobRow(
  { db }: Context,
  id: string,
): Promise<{ id: string; projectId: string | null; ticketId: string | null; kind: JobKind } | null> {
  const [row] = await db
    .select({ id: jobs.id, projectId: ownProject, ticketId: jobs.ticketId, kind: jobs.kind })
    .from(jobs)
    .where(eq(jobs.id, id))
    .limit(1)
  return row ?? null
}

/** Whether there is such a job and it has not ended, as the row has it. */
export async function isUnfinished({ db }: Context, id: string): Promise<boolean> {
  const rows = await db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, id), eq(jobs.terminal, false)))
    .limit(1)
  return rows.length > 0
}

export interface JobFilter {
  status?: JobStatus | undefined
  kind?: JobKind | undefined
  projectId?: string | undefined
  ticketId?: string | undefined
  clankerId?: string | undefined
}

/** Newest first. A job that was never accepted has no snapshot and is not listed: the watchdog accepts it within a minute. */
export async function listJobs({ db, reach }: Context, filter: JobFilter, wish: PageWish): Promise<Page<Job>> {
  const { after, order, rows: most } = newestFirst(jobs.createdAt, jobs.id, wish)
  const conditions: (SQL | undefined)[] = [
    notOf(reach.hidden, jobs.projectId),
    filter.status && eq(jobs.status, filter.status),
    filter.kind && eq(jobs.kind, filter.kind),
    filter.projectId && eq(jobs.projectId, filter.projectId),
    filter.ticketId && eq(jobs.ticketId, filter.ticketId),
    filter.clankerId && eq(jobs.clankerId, filter.clankerId),
    after,
  ].map((condition) => condition || undefined)
  const rows = await db
    .select({ id: jobs.id, snapshot: jobs.snapshot, createdAt: jobs.createdAt })
    .from(jobs)
    .where(and(...conditions))
    .orderBy(...order)
    .limit(most)
  const { items, nextCursor } = pageOf(rows, wish.limit, byCreation)
  return { items: snapshotsOf(items), nextCursor }
}

/** The newest job of each kind of each ticket, `terminal` when none of that kind is unfinished. `ticketIds` selects the tickets. */
export function jobsOfTickets({ db }: Context, ticketIds: SQL) {
  const { id, ticketId, kind, createdAt } = jobs
  const terminal = sql<boolean>`SUM(${jobs.terminal} = 0) = 0`.mapWith(Boolean)
  return (
    db
      // SQLite takes the id from the row that has the maximum.
      .select({ id, ticketId, kind, terminal, newest: max(createdAt) })
      .from(jobs)
      .where(sql`${ticketId} IN (${ticketIds})`)
      .groupBy(ticketId, kind)
  )
}

/** Whether anything is at work on these tickets, for a write that must not happen then. `ticketIds` selects them. */
export const isAtWork = (ticketIds: SQL): SQL =>
  sql`EXISTS (SELECT 1 FROM jobs AS work WHERE work.ticket_id IN (${ticketIds}) AND work.terminal = 0)`

export const unfinishedJobs = ({ db }: Context, column: "clankerId" | "projectId", id: Id) =>
  db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs[column], id), eq(jobs.terminal, false)))
    .limit(100)

/** Of a project: all its jobs have ended, as their rows have it. */
export const hasNoUnfinished = (projectId: string): SQL =>
  sql`NOT EXISTS (SELECT 1 FROM ${jobs} WHERE ${jobs.projectId} = ${projectId} AND ${jobs.terminal} = 0)`

/** Rows that should have moved: never accepted, or unfinished and not projected for a while. */
export const stuckJobs = ({ db }: Context, before: number) =>
  db
    .select({ id: jobs.id, version: jobs.version })
    .from(jobs)
    .where(and(eq(jobs.terminal, false), lte(jobs.updatedAt, before)))
    .orderBy(jobs.updatedAt)
    .limit(100)

/** What it used stays known. */
export async function removeJob(context: Context, id: string): Promise<void> {
  const { db } = context
  await db.batch([keepUsageItem(context, id), db.delete(jobs).where(and(eq(jobs.id, id), eq(jobs.terminal, true)))])
}

/** Failed jobs that nobody has tried again or replaced: newest first. `putAway` selects the tickets that no longer want anybody. */
export function openFailuresQuery({ db, reach }: Context, { limit, putAway }: { limit: number; putAway: SQL }) {
  const later = sql`SELECT 1 FROM jobs AS later WHERE later.exclusive = ${jobs.exclusive} AND later.created_at > ${jobs.createdAt}`
  return db
    .select({ snapshot: jobs.snapshot })
    .from(jobs)
    .where(
      and(
        eq(jobs.status, "failed"),
        notOf(reach.hidden, jobs.projectId),
        sql`NOT EXISTS (${later})`,
        sql`(${jobs.ticketId} IS NULL OR ${jobs.ticketId} NOT IN (${putAway}))`,
      ),
    )
    .orderBy(desc(jobs.createdAt))
    .limit(limit)
}

export const unfinishedNowQuery = ({ db, reach }: Context, limit: number) =>
  db
    .select({ snapshot: jobs.snapshot })
    .from(jobs)
    .where(and(eq(jobs.terminal, false), notOf(reach.hidden, jobs.projectId)))
    .orderBy(desc(jobs.createdAt))
    .limit(limit)

/** A job that was never accepted has none yet. */
export const snapshotsOf = (rows: readonly { snapshot: Job | null }[]): Job[] => rows.flatMap(({ snapshot }) => snapshot ?? [])
