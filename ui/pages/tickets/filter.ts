import { useSearchParams } from "@solidjs/router"
import { PHASES, SEVERITIES, TICKET_STATUSES, type Phase, type Ticket, type TicketStatus } from "#contract/tickets.ts"

export type View = "table" | "board"
export interface TicketFilter {
  projectId: string
  status: TicketStatus | ""
  phase: Phase | ""
  severity: Ticket["severity"] | ""
  q: string
  label: string
  archived: boolean
  cursor: string
  view: View
}

/** The list's filter lives in the address, so that it can be shared, kept as a bookmark and gone back to. */
export function useTicketFilter(): {
  filter: () => TicketFilter
  change: (changes: Partial<TicketFilter>) => void
  isFiltered: () => boolean
} {
  const [query, setQuery] = useSearchParams()
  const filter = (): TicketFilter => ({
    projectId: text(query["project"]),
    status: oneOf(TICKET_STATUSES, query["status"]),
    phase: oneOf(PHASES, query["phase"]),
    severity: oneOf(SEVERITIES, query["severity"]),
    q: text(query["q"]),
    label: text(query["label"]),
    archived: query["archived"] === "true",
    cursor: text(query["cursor"]),
    view: query["view"] === "board" ? "board" : "table",
  })
  return {
    filter,
    change: ({ projectId, archived, view, ...rest }) =>
      setQuery(
        {
          // Another filter begins at the newest ticket again.
          cursor: undefined,
          ...rest,
          ...(projectId === undefined ? {} : { project: projectId }),
          ...(archived === undefined ? {} : { archived: archived || undefined }),
          ...(view === undefined ? {} : { view: view === "board" ? view : undefined }),
        },
        { replace: rest.cursor === undefined, scroll: false },
      ),
    isFiltered: () => {
      const { projectId, status, phase, severity, q, label, archived } = filter()
      return [projectId, status, phase, severity, q, label].some((part) => part !== "") || archived
    },
  }
}

const text = (value: string | string[] | undefined): string => (typeof value === "string" ? value : "")
const oneOf = <V extends string>(values: readonly V[], value: string | string[] | undefined): V | "" =>
  values.find((known) => known === value) ?? ""
