import { useQuery } from "../api/use-query.ts"
import { createMemo, createSignal, For, type JSX, Show } from "solid-js"
import type { DocumentPhase, PhaseDocument } from "#contract/tickets.ts"
import { type Revision, revisionQuery } from "../api/queries.ts"
import { Skeleton } from "../kit/skeleton.tsx"
import { DiffView } from "./diff-view.tsx"
import { dataOf } from "./loaded.tsx"
import { RelativeTime } from "./relative-time.tsx"

interface HistoryProps {
  ticketId: string
  phase: DocumentPhase
  document: PhaseDocument
}

/** The revisions, newest first, and what the chosen one changed. */
export function DocumentHistory(props: HistoryProps): JSX.Element {
  const revisions = createMemo(() => [...props.document.revisions].sort((a, b) => b.n - a.n))
  const [chosen, setChosen] = createSignal(props.document.revision)
  const at = (n: () => number) => {
    const revision = useQuery(() => ({ ...revisionQuery(props.ticketId, props.phase, n()), enabled: n() > 0 }))
    return () => (n() === 0 ? "" : dataOf(revision)?.content)
  }
  const after = at(chosen)
  const before = at(() => chosen() - 1)
  const both = () => {
    const [from, to] = [before(), after()]
    return from === undefined || to === undefined ? null : { from, to }
  }
  return (
    <div class="revisions">
      <ol aria-label="Revisions">
        <For each={revisions()}>
          {(revision) => (
            <li>
              <button type="button" class="revision" aria-pressed={revision.n === chosen()} onClick={() => setChosen(revision.n)}>
                <strong>Revision {revision.n}</strong>
                <span class="soft small">
                  {authorOf(revision)}, <RelativeTime at={revision.at} />
                </span>
                <Show when={revision.n === props.document.approvedRevision}>
                  <span class="small">approved</span>
                </Show>
                <Show when={revision.feedback}>
                  <span class="soft small">“{revision.feedback}”</span>
                </Show>
              </button>
            </li>
          )}
        </For>
      </ol>
      <Show when={both()} fallback={<Skeleton />}>
        {(texts) => <DiffView label={`What revision ${chosen()} changed`} before={texts().from} after={texts().to} />}
      </Show>
    </div>
  )
}

const authorOf = ({ source, author }: Revision): string => (source === "agent" ? "written by the agent" : `written by ${author ?? "hand"}`)
