import { createMemo, createSignal, For, type JSX, lazy, Show, Suspense } from "solid-js"
import type { Clanker, ClankerRevision } from "#contract/clankers.ts"
import { clankerRevisionQuery } from "../../api/clankers.ts"
import { secretsQuery } from "../../api/secrets.ts"
import { useQuery } from "../../api/use-query.ts"
import { Dialog } from "../../kit/dialog.tsx"
import { FieldRow } from "../../kit/form.tsx"
import { Select } from "../../kit/select.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { Problem } from "../../parts/problem.tsx"
import { differences } from "./revision-text.ts"

const DiffView = lazy(async () => ({ default: (await import("../../parts/diff-view.tsx")).DiffView }))

interface CompareProps {
  clanker: Clanker
  revisions: readonly ClankerRevision[]
  /** The later of the two to begin with; null while nobody compares. */
  of: number | null
  onClose: () => void
}

/** Two revisions side by side: the configuration, and each file that differs. */
export function CompareRevisions(props: CompareProps): JSX.Element {
  return (
    <Dialog open={props.of !== null} onClose={() => props.onClose()} size="l" title="Compare revisions">
      <Show when={props.of} keyed>
        {(n) => <Two {...props} after={n} />}
      </Show>
    </Dialog>
  )
}

function Two(props: CompareProps & { after: number }): JSX.Element {
  const inUse = () => props.clanker.servingRevision
  const [after, setAfter] = createSignal(props.after)
  const [before, setBefore] = createSignal(inUse() !== null && inUse() !== props.after ? (inUse() ?? 1) : Math.max(1, props.after - 1))
  const read = (n: () => number) => useQuery(() => clankerRevisionQuery(props.clanker.id, n()))
  const [left, right] = [read(before), read(after)]
  const secrets = useQuery(secretsQuery)
  const found = createMemo(() => {
    const [from, to, known] = [dataOf(left), dataOf(right), dataOf(secrets)]
    return from && to && known ? differences(from, to, known.items) : null
  })
  const failed = () => [left, right, secrets].find((query) => query.isLoadingError)
  const options = () => props.revisions.map(({ n }) => ({ value: String(n), label: labelOf(n, props.clanker) }))
  return (
    <div class="stack">
      <FieldRow>
        <Select label="From" value={String(before())} options={options()} onChange={(n) => setBefore(Number(n))} />
        <Select label="To" value={String(after())} options={options()} onChange={(n) => setAfter(Number(n))} />
      </FieldRow>
      <Show when={failed()}>{(query) => <Problem error={query().error} retry={() => void query().refetch()} />}</Show>
      <Show when={found()} fallback={failed() ? null : <Skeleton lines={6} />}>
        {(differing) => (
          // Waiting here, not further up: a page that is taken out of the document takes the open dialog along.
          <Suspense fallback={<Skeleton lines={6} />}>
            <For each={differing()} fallback={<p class="soft">Both revisions say the same.</p>}>
              {({ name, before: was, after: is }) => (
                <section class="stack" style={{ "--gap": "var(--space-2)" }}>
                  <h3>{name}</h3>
                  <DiffView label={`${name}: from revision ${before()} to revision ${after()}`} before={was} after={is} />
                </section>
              )}
            </For>
          </Suspense>
        )}
      </Show>
    </div>
  )
}

function labelOf(n: number, { servingRevision, revision }: Clanker): string {
  return `Revision ${n}${n === servingRevision ? ", in use" : n === revision ? ", newest" : ""}`
}
