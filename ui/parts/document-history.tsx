import { createMemo, createSignal, For, type JSX, Show } from "solid-js"
import type { DocumentPhase, PhaseDocument } from "#contract/tickets.ts"
import { type Revision, revisionQuery } from "../api/queries.ts"
import { useQuery } from "../api/use-query.ts"
import { Select } from "../kit/select.tsx"
import { Skeleton } from "../kit/skeleton.tsx"
import { DiffView } from "./diff-view.tsx"
import { dataOf } from "./loaded.tsx"
import { Problem } from "./problem.tsx"
import { RelativeTime } from "./relative-time.tsx"

interface HistoryProps {
  ticketId: string
  phase: DocumentPhase
  document: PhaseDocument
}

/** The revisions, newest first, and how the chosen one differs from the one before it or from any other. */
export default function DocumentHistory(props: HistoryProps): JSX.Element {
  const revisions = createMemo(() => [...props.document.revisions].sort((a, b) => b.n - a.n))
  const [picked, setPicked] = createSignal<number | null>(null)
  const [against, setAgainst] = createSignal<number | null>(null)
  const chosen = () => picked() ?? props.document.revision
  const other = () => against() ?? chosen() - 1
  const choose = (n: number) => (setPicked(n), setAgainst(null))
  const read = (n: () => number) => useQuery(() => ({ ...revisionQuery(props.ticketId, props.phase, n()), enabled: n() > 0 }))
  const [after, before] = [read(chosen), read(other)]
  const both = () => {
    const [from, to] = [other() === 0 ? "" : dataOf(before)?.content, dataOf(after)?.content]
    return from === undefined || to === undefined ? null : { from, to }
  }
  const failed = () => (after.isLoadingError ? after : before.isLoadingError ? before : null)
  return (
    <div class="revisions">
      <ol aria-label="Revisions">
        <For each={revisions()}>
          {(revision) => (
            <li>
              <button type="button" class="revision" aria-pressed={revision.n === chosen()} onClick={() => choose(revision.n)}>
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
      <div class="revisions-against">
        <Select
          label={`Revision ${chosen()} compared with`}
          value={String(other())}
          options={[
            ...revisions()
              .filter(({ n }) => n !== chosen())
              .map(({ n }) => ({ value: String(n), label: n === chosen() - 1 ? `Revision ${n}, the one before` : `Revision ${n}` })),
            { value: "0", label: "Nothing: all of it" },
          ]}
          onChange={(n) => setAgainst(Number(n))}
        />
      </div>
      <Show when={failed()}>{(query) => <Problem error={query().error} retry={() => void query().refetch()} />}</Show>
      <Show when={both()} fallback={failed() ? null : <Skeleton />}>
        {(texts) => (
          <Show when={texts().from !== texts().to} fallback={<p class="soft">Both revisions say the same.</p>}>
            <DiffView label={labelOf(other(), chosen())} before={texts().from} after={texts().to} />
          </Show>
        )}
      </Show>
    </div>
  )
}

const labelOf = (from: number, to: number): string =>
  from === to - 1 ? `What revision ${to} changed` : `From revision ${from} to revision ${to}`

const authorOf = ({ source, author }: Revision): string => (source === "agent" ? "written by the agent" : `written by ${author ?? "hand"}`)
