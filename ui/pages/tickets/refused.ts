// PURE: which tickets a refused archival names, so that the others can go without them.
import type { Ticket } from "#contract/tickets.ts"

type Named = Pick<Ticket, "id" | "key">

export interface Refused {
  tickets: Named[]
  why: string
}

/** `sent` in the order in which they were asked for; null when the refusal names none of them. */
export function refusedTickets(code: string, detail: Readonly<Record<string, unknown>>, sent: readonly Named[]): Refused | null {
  const ids =
    code === "ticket.job-unfinished" ? idsIn(detail["tickets"]) : code === "request.invalid" ? atFields(detail["fields"], sent) : []
  const tickets = sent.filter(({ id }) => ids.includes(id))
  if (tickets.length === 0) return null
  return { tickets, why: code === "request.invalid" ? "no longer there" : "a job is not finished" }
}

const idsIn = (value: unknown): string[] => (Array.isArray(value) ? value.flatMap((one: unknown) => (hasId(one) ? [one.id] : [])) : [])
const hasId = (value: unknown): value is { id: string } =>
  typeof value === "object" && value !== null && "id" in value && typeof value.id === "string"

/** "ids.3" is the fourth that was sent. */
function atFields(fields: unknown, sent: readonly Named[]): string[] {
  if (typeof fields !== "object" || fields === null) return []
  return Object.keys(fields).flatMap((path) => sent[Number(/^ids\.(\d+)$/.exec(path)?.[1] ?? -1)]?.id ?? [])
}
