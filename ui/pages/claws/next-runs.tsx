import { For, type JSX, Show } from "solid-js"
import type { Asked } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { ZonedTime } from "./timing.tsx"
import { timeInZone } from "./zone-time.ts"

export function NextRuns(props: { runs: readonly string[]; timeZone: string }): JSX.Element {
  return (
    <ol class="next-runs" aria-label="Next runs">
      <For each={props.runs}>
        {(at) => (
          <li>
            <ZonedTime at={at} timeZone={props.timeZone} />
          </li>
        )}
      </For>
    </ol>
  )
}

/** What the times that are typed would mean, while they are typed. */
export function Preview(props: { preview: Asked<{ nextRuns: string[] }>; timeZone: string; wanted: boolean }): JSX.Element {
  const runs = () => (props.wanted && !props.preview.isError ? (dataOf(props.preview)?.nextRuns ?? []) : [])
  const said = () => {
    const [first] = runs()
    return first ? `The next run would be ${timeInZone(first, props.timeZone)}` : ""
  }
  return (
    <Card title="Next five runs">
      <p class="visually-hidden" role="status">
        {said()}
      </p>
      <Show
        when={runs().length > 0}
        fallback={<p class="soft small">{props.preview.isError ? "None, as it stands." : "They appear as soon as a time is typed."}</p>}
      >
        <NextRuns runs={runs()} timeZone={props.timeZone} />
      </Show>
    </Card>
  )
}
