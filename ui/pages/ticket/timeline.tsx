import { useQuery } from "../../api/use-query.ts"
import { For, type JSX, Show } from "solid-js"
import type { TimelineEntry } from "#contract/tickets.ts"
import { timelineQuery } from "../../api/queries.ts"
import { Card } from "../../kit/card.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { paths } from "../../paths.ts"
import { saidIn, textOf, wordsOf } from "./timeline-words.ts"
import "./timeline.css"

export function Timeline(props: { ticketId: string }): JSX.Element {
  const timeline = useQuery(() => timelineQuery(props.ticketId))
  return (
    <Card title="Timeline">
      <Loaded query={timeline}>
        {(page) => (
          <ol class="timeline">
            <For each={page().items}>{(entry) => <Entry entry={entry} />}</For>
          </ol>
        )}
      </Loaded>
    </Card>
  )
}

function Entry(props: { entry: TimelineEntry }): JSX.Element {
  const detail = (name: string) => textOf(props.entry.detail[name])
  return (
    <li>
      <span>
        <strong>{props.entry.actor}</strong> {wordsOf(props.entry)}
      </span>
      <Show when={saidIn(props.entry)}>{(text) => <q>{text()}</q>}</Show>
      <span class="soft small row">
        <RelativeTime at={props.entry.at} />
        <Show when={detail("jobId")}>{(jobId) => <a href={paths.job(jobId())}>job</a>}</Show>
        <Show when={detail("pullRequest")}>
          {(address) => (
            <a href={address()} target="_blank" rel="noreferrer">
              pull request
            </a>
          )}
        </Show>
      </span>
    </li>
  )
}
