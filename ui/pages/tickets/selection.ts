import { createMemo, createSignal } from "solid-js"
import type { Ticket } from "#contract/tickets.ts"
import type { Selection } from "../../kit/table.tsx"

export interface TicketSelection {
  /** Those of the selected that are shown: what left the list is selected no longer. */
  selected: () => readonly Ticket[]
  ticks: Selection<Ticket>
  leaveOut: (ids: readonly string[]) => void
  clear: () => void
}

export function createSelection(shown: () => readonly Ticket[]): TicketSelection {
  const [ids, setIds] = createSignal<ReadonlySet<string>>(new Set())
  const leaveOut = (gone: readonly string[]) => setIds((known) => new Set([...known].filter((id) => !gone.includes(id))))
  return {
    selected: createMemo(() => shown().filter(({ id }) => ids().has(id))),
    ticks: {
      isSelected: ({ id }) => ids().has(id),
      onSelect: (tickets, selected) => {
        const named = tickets.map(({ id }) => id)
        if (selected) setIds((known) => new Set([...known, ...named]))
        else leaveOut(named)
      },
      label: ({ key }) => `Select ${key}`,
      allLabel: "Select all tickets on this page",
    },
    leaveOut,
    clear: () => setIds(new Set<string>()),
  }
}
