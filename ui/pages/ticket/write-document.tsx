import { createSignal, type JSX, lazy, Show, Suspense } from "solid-js"
import PencilLine from "lucide-solid/icons/pencil-line"
import type { DocumentPhase, PhaseDocument, Ticket } from "#contract/tickets.ts"
import { documentQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { dataOf } from "../../parts/loaded.tsx"

const Editor = lazy(() => import("../../parts/document-editor.tsx"))

const NOTHING: PhaseDocument = { state: "draft", revision: 0, content: "", authorId: null, revisions: [] }

/** A document's first revision by hand, where no clanker has to. What is being written stays, whatever the phase does meanwhile. */
export function WriteDocument(props: { ticket: Ticket; phase: DocumentPhase; offered: boolean }): JSX.Element {
  const [writing, setWriting] = createSignal(false)
  const written = () => props.ticket.phases[props.phase].document !== null
  const document = useQuery(() => ({ ...documentQuery(props.ticket.id, props.phase), enabled: writing() && written() }))
  return (
    <Show
      when={writing()}
      fallback={
        <Show when={props.offered && !written()}>
          <div class="phase-write">
            <Button size="s" kind="quiet" icon={PencilLine} onClick={() => setWriting(true)}>
              Write the {props.phase === "planning" ? "plan" : "research"} yourself
            </Button>
          </div>
        </Show>
      }
    >
      <Suspense fallback={<Skeleton />}>
        <Editor
          ticketId={props.ticket.id}
          phase={props.phase}
          document={(written() ? dataOf(document) : undefined) ?? NOTHING}
          onDone={() => setWriting(false)}
        />
      </Suspense>
    </Show>
  )
}
