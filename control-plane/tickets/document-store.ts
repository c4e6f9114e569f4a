import { and, desc, eq, exists, lt, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { DocumentPhase, Phase } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { changes, type Id } from "../db/client.ts"
import type { DocumentStanding } from "./documents.ts"
import { moveItem } from "./store.ts"
import { documentRevisions, phaseDocuments } from "./table.ts"
import { type Entry, entryItem } from "./timeline-store.ts"

/** With the text of the current revision, and the user behind it. */
export type DocumentRecord = typeof phaseDocuments.$inferSelect & { content: string; authorId: string | null }
export type Documents = Record<DocumentPhase, DocumentRecord | null>
export type RevisionRecord = typeof documentRevisions.$inferSelect
/** Without its text. */
export type ListedRevision = Pick<RevisionRecord, "n" | "source" | "author" | "jobId" | "feedback" | "at">
/** The others are read by their number. */
const SHOWN_REVISIONS = 200
interface Address {
  ticketId: string
  phase: DocumentPhase
}
type Sought = { ticketId: Id; phase: DocumentPhase }

export const documentsQuery = ({ db }: Context, ticketId: Id) =>
  db
    .select({ document: phaseDocuments, content: documentRevisions.content, authorId: documentRevisions.authorId })
    .from(phaseDocuments)
    .innerJoin(
      documentRevisions,
      and(
        eq(documentRevisions.ticketId, phaseDocuments.ticketId),
        eq(documentRevisions.phase, phaseDocuments.phase),
        eq(documentRevisions.n, phaseDocuments.revision),
      ),
    )
    .where(eq(phaseDocuments.ticketId, ticketId))

/** Both documents of a ticket with their current text. */
export function toDocuments(rows: Awaited<ReturnType<typeof documentsQuery>>): Documents {
  const of = (phase: DocumentPhase): DocumentRecord | null => {
    const row = rows.find(({ document }) => document.phase === phase)
    return row ? { ...row.document, content: row.content, authorId: row.authorId } : null
  }
  return { research: of("research"), planning: of("planning") }
}

export const findDocuments = async (context: Context, ticketId: string): Promise<Documents> =>
  toDocuments(await documentsQuery(context, ticketId))

/** Without the text. */
export const headQuery = ({ db }: Context, { ticketId, phase }: Sought) =>
  db
    .select()
    .from(phaseDocuments)
    .where(and(eq(phaseDocuments.ticketId, ticketId), eq(phaseDocuments.phase, phase)))

/** The newest ones, the newest of them first. */
export function revisionsQuery({ db }: Context, { ticketId, phase }: Sought) {
  const { n, source, author, jobId, feedback, at } = documentRevisions
  return db
    .select({ n, source, author, jobId, feedback, at })
    .from(documentRevisions)
    .where(and(eq(documentRevisions.ticketId, ticketId), eq(documentRevisions.phase, phase)))
    .orderBy(desc(n))
    .limit(SHOWN_REVISIONS)
}

export async function findRevision({ db }: Context, { ticketId, phase }: Address, n: number): Promise<RevisionRecord | null> {
  const [row] = await db
    .select()
    .from(documentRevisions)
    .where(and(eq(documentRevisions.ticketId, ticketId), eq(documentRevisions.phase, phase), eq(documentRevisions.n, n)))
    .limit(1)
  return row ?? null
}

/** Writes a person's revision `base + 1` and makes the document a draft. Null when `base` is not the current one any more. */
export async function writeRevision(
  context: Context,
  { ticketId, phase, base, content, author, entry }: Address & { base: number; content: string; author: Author; entry: Entry },
): Promise<{ documents: Documents; revisions: ListedRevision[] } | null> {
  const { db, now } = context
  const mine = and(
    eq(documentRevisions.ticketId, ticketId),
    eq(documentRevisions.phase, phase),
    eq(documentRevisions.n, base + 1),
    eq(documentRevisions.authorId, author.id),
    eq(documentRevisions.content, content),
  )
  const [written, , , documents, revisions] = await db.batch([
    insertRevision(context, { ticketId, phase, source: "manual", content, author, jobId: null, feedback: null, base, at: now() }),
    draftItem(context, { ticketId, phase }),
    entryItem(context, entry, exists(db.select({ n: documentRevisions.n }).from(documentRevisions).where(mine))),
    documentsQuery(context, ticketId),
    revisionsQuery(context, { ticketId, phase }),
  ])
  return changes(written) > 0 ? { documents: toDocuments(documents), revisions } : null
}

/** The same for what a job wrote, on top of whatever is there; a repeat for the same job changes nothing. */
export function agentRevisionItems(
  context: Context,
  { starterId, ...written }: Address & { content: string; jobId: string; starterId: string; feedback: string | null },
): BatchItem<"sqlite">[] {
  const author = { id: starterId, name: null }
  return [insertRevision(context, { ...written, source: "agent", author, base: null, at: context.now() }), draftItem(context, written)]
}

interface StandingChange {
  standing: DocumentStanding
  entries: readonly Entry[]
  moveTo: Phase | null
}

/** Changes what was read and nothing newer, with its timeline entries and the ticket's move. False when somebody was faster. */
export async function changeStanding(context: Context, read: DocumentRecord, change: StandingChange): Promise<boolean> {
  const [result] = await context.db.batch(standingItems(context, read, change))
  return changes(result) > 0
}

const isAsRead = ({ ticketId, phase, revision, updatedAt }: DocumentRecord) =>
  and(
    eq(phaseDocuments.ticketId, ticketId),
    eq(phaseDocuments.phase, phase),
    eq(phaseDocuments.revision, revision),
    eq(phaseDocuments.updatedAt, updatedAt),
  )
/** Whether nobody has changed the document since, for what is written in a batch before its change. */
export const isStill = ({ db }: Context, read: DocumentRecord): SQL =>
  exists(db.select({ phase: phaseDocuments.phase }).from(phaseDocuments).where(isAsRead(read)))

/** The same as parts of a larger batch; the first says whether it did anything. */
export function standingItems(context: Context, read: DocumentRecord, { standing, entries, moveTo }: StandingChange) {
  const { db, now } = context
  const { ticketId, phase } = read
  // Strictly later than what was read, so that the other two can tell this write from any other.
  const updatedAt = Math.max(now(), read.updatedAt + 1)
  const address = and(eq(phaseDocuments.ticketId, ticketId), eq(phaseDocuments.phase, phase))
  const written = exists(
    db
      .select({ phase: phaseDocuments.phase })
      .from(phaseDocuments)
      .where(and(address, eq(phaseDocuments.updatedAt, updatedAt), eq(phaseDocuments.state, standing.state))),
  )
  return [
    db.update(phaseDocuments).set({ state: standing.state, approvedRevision: standing.approvedRevision, updatedAt }).where(isAsRead(read)),
    ...entries.map((entry) => entryItem(context, entry, written)),
    ...(moveTo ? [moveItem(context, ticketId, moveTo, written)] : []),
  ] as const
}

/** A person, or the one who started the job: an agent has no name of its own. */
interface Author {
  id: string
  name: string | null
}

/** The number is made in SQL: nobody can take it in between. With a `base`, only on top of that. */
function insertRevision(
  { db }: Context,
  {
    ticketId,
    phase,
    source,
    content,
    author,
    jobId,
    feedback,
    base,
    at,
  }: Address & {
    source: "agent" | "manual"
    content: string
    author: Author
    jobId: string | null
    feedback: string | null
    base: number | null
    at: number
  },
) {
  const top = sql`SELECT COALESCE(MAX(${documentRevisions.n}), 0) AS top FROM ${documentRevisions} WHERE ${documentRevisions.ticketId} = ${ticketId} AND ${documentRevisions.phase} = ${phase}`
  return db
    .insert(documentRevisions)
    .select(
      sql`SELECT ${ticketId}, ${phase}, top + 1, ${source}, ${content}, ${author.name}, ${author.id}, ${jobId}, ${feedback}, ${at} FROM (${top}) WHERE ${base === null ? sql`1 = 1` : sql`top = ${base}`}`,
    )
    .onConflictDoNothing()
}

/** Brings the document to its newest revision, as a draft; a document that is there already keeps its state. */
function draftItem({ db, now }: Context, { ticketId, phase }: Address) {
  const top = sql`SELECT MAX(${documentRevisions.n}) AS top FROM ${documentRevisions} WHERE ${documentRevisions.ticketId} = ${ticketId} AND ${documentRevisions.phase} = ${phase}`
  return db
    .insert(phaseDocuments)
    .select(sql`SELECT ${ticketId}, ${phase}, 'draft', top, NULL, ${now()} FROM (${top}) WHERE top IS NOT NULL`)
    .onConflictDoUpdate({
      target: [phaseDocuments.ticketId, phaseDocuments.phase],
      set: { state: "draft", revision: sql`excluded.revision`, updatedAt: sql`MAX(excluded.updated_at, ${phaseDocuments.updatedAt} + 1)` },
      setWhere: lt(phaseDocuments.revision, sql`excluded.revision`),
    })
}
