import { useQuery } from "../../api/use-query.ts"
import { createSignal, type JSX, Show } from "solid-js"
import type { DocumentPhase, Ticket } from "#contract/tickets.ts"
import { documentQuery } from "../../api/queries.ts"
import { DocumentView } from "../../parts/document-view.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { DocumentActs } from "./document-acts.tsx"
import "./document.css"

export interface DocumentPartProps {
  ticket: Ticket
  phase: DocumentPhase
  active: boolean
  notReady: string | null
  /** A job is writing the next revision. */
  running: boolean
}

/** A phase's document with the decision about it. One that is settled is folded away. */
export function PhaseDocumentPart(props: DocumentPartProps): JSX.Element {
  const settled = () => props.ticket.phases[props.phase].document === "approved" && !props.active
  const [opened, setOpened] = createSignal<boolean | null>(null)
  const open = () => opened() ?? (!settled() && !props.running)
  return (
    <details class="document-part" open={open()}>
      <summary onClick={(event) => (event.preventDefault(), setOpened(!open()))}>
        {open() ? "Hide the document" : "Show the document"}
      </summary>
      <Show when={open()}>
        <OpenDocument {...props} />
      </Show>
    </details>
  )
}

function OpenDocument(props: DocumentPartProps): JSX.Element {
  const document = useQuery(() => documentQuery(props.ticket.id, props.phase))
  return (
    <Loaded query={document}>
      {(loaded) => (
        <>
          <DocumentView projectId={props.ticket.projectId} ticketId={props.ticket.id} phase={props.phase} document={loaded()} />
          <DocumentActs {...props} document={loaded()} />
        </>
      )}
    </Loaded>
  )
}
