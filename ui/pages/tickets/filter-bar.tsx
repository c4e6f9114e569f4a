import { createSignal, type JSX, onCleanup } from "solid-js"
import type { Project } from "#contract/projects.ts"
import { PHASES, SEVERITIES, TICKET_STATUSES } from "#contract/tickets.ts"
import { Checkbox } from "../../kit/checkbox.tsx"
import { Segmented } from "../../kit/segmented.tsx"
import { Select } from "../../kit/select.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { TICKET_LOOKS } from "../../parts/status-badge.tsx"
import { PHASE_WORDS, SEVERITY_WORDS } from "../../parts/words.ts"
import type { TicketFilter } from "./filter.ts"
import "./filter-bar.css"

const PAUSE_MS = 250

export function FilterBar(props: {
  filter: TicketFilter
  projects: readonly Project[]
  onChange: (changes: Partial<TicketFilter>) => void
}): JSX.Element {
  return (
    <div class="filter-bar" role="search" aria-label="Tickets">
      <SearchBox value={props.filter.q} onChange={(q) => props.onChange({ q })} />
      <Select
        label="Project"
        labelHidden
        value={props.filter.projectId}
        options={[{ value: "", label: "All projects" }, ...props.projects.map(({ id, name }) => ({ value: id, label: name }))]}
        onChange={(projectId) => props.onChange({ projectId })}
      />
      <Select
        label="Status"
        labelHidden
        value={props.filter.status}
        options={[{ value: "", label: "Any status" }, ...TICKET_STATUSES.map((value) => ({ value, label: TICKET_LOOKS[value].word }))]}
        onChange={(status) => props.onChange({ status })}
      />
      <Select
        label="Phase"
        labelHidden
        value={props.filter.phase}
        options={[{ value: "", label: "Any phase" }, ...PHASES.map((value) => ({ value, label: PHASE_WORDS[value] }))]}
        onChange={(phase) => props.onChange({ phase })}
      />
      <Select
        label="Severity"
        labelHidden
        value={props.filter.severity}
        options={[{ value: "", label: "Any severity" }, ...SEVERITIES.map((value) => ({ value, label: SEVERITY_WORDS[value] }))]}
        onChange={(severity) => props.onChange({ severity })}
      />
      <Checkbox label="Archived" checked={props.filter.archived} onChange={(archived) => props.onChange({ archived })} />
      <Segmented
        label="Show as"
        options={[
          { value: "table", label: "Table" },
          { value: "board", label: "Board" },
        ]}
        value={props.filter.view}
        onChange={(view) => props.onChange({ view })}
      />
    </div>
  )
}

/** Asks the server when the typing pauses, not at every letter. */
function SearchBox(props: { value: string; onChange: (q: string) => void }): JSX.Element {
  const [typed, setTyped] = createSignal<string | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  const type = (text: string) => {
    setTyped(text)
    clearTimeout(timer)
    timer = setTimeout(() => {
      props.onChange(text)
      setTyped(null)
    }, PAUSE_MS)
  }
  return (
    <TextField
      label="Search tickets"
      labelHidden
      type="search"
      placeholder="Search titles and descriptions"
      autocomplete="off"
      value={typed() ?? props.value}
      onInput={type}
    />
  )
}
