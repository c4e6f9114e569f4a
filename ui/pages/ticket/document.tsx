import { createSignal, type JSX, Show } from "solid-js"
import type { DocumentPhase, Phase, Ticket } from "#contract/tickets.ts"
import { documentQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { DocumentView } from "../../parts/document-view.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PHASE_WORDS } from "../../parts/words.ts"
import { DocumentActs } from "./document-acts.tsx"
import "./document.css"

interface DocumentProps {
  ticket: Ticket
  phase: DocumentPhase
  active: boolean
  notReady: string | null
  /** Why nothing can be decided or written here at all. */
  blocked: string | null
  /** A job is writing the next revision. */
  running: boolean
  /** The later phase whose job works from this document now. */
  laterRunning: Phase | null
}
export type DocumentPartProps = DocumentProps & {
  /** Why the text must stay as it is for the moment. */
  frozen: string | null
}

/** A phase's document with the decision about it. One that is settled is folded away, but not under somebody's hands. */
export function PhaseDocumentPart(props: DocumentProps): JSX.Element {
  const settled = () => props.ticket.phases[props.phase].document === "approved" && !props.active
  const [opened, setOpened] = createSignal<boolean | null>(null)
  const [held, setHeld] = createSignal(false)
  const open = () => held() || (opened() ?? (!settled() && !props.running))
  return (
    <details class="document-part" open={open()}>
      <summary onClick={(event) => (event.preventDefault(), setOpened(!open()))}>
        {held() ? "The document" : open() ? "Hide the document" : "Show the document"}
      </summary>
      <Show when={open()}>
        <OpenDocument {...props} onHold={setHeld} />
      </Show>
    </details>
  )
}

function OpenDocument(props: DocumentProps & { onHold: (holding: boolean) => void }): JSX.Element {
  const document = useQuery(() => documentQuery(props.ticket.id, props.phase))
  const frozen = () =>
    props.laterRunning &&
    `${PHASE_WORDS[props.laterRunning]} is at work on the base of this text: wait for its end or cancel it to change the text.`
  return (
    <Loaded query={document}>
      {(loaded) => (
        <>
          <DocumentView
            ticketId={props.ticket.id}
            ticketKey={props.ticket.key}
            phase={props.phase}
            document={loaded()}
            blocked={props.blocked}
            frozen={frozen()}
            onHold={props.onHold}
          />
          <DocumentActs {...props} frozen={frozen()} document={loaded()} />
        </>
      )}
    </Loaded>
  )
}
