import { useQuery } from "../../api/use-query.ts"
import { For, type JSX, Show } from "solid-js"
import type { TimelineEntry } from "#contract/tickets.ts"
import { timelineQuery } from "../../api/queries.ts"
import { Card } from "../../kit/card.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { paths } from "../../paths.ts"
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
  const said = () => detail("comment") ?? detail("reason")
  return (
    <li>
      <span>
        <strong>{props.entry.actor}</strong> {wordsOf(props.entry)}
      </span>
      <Show when={said()}>{(text) => <q>{text()}</q>}</Show>
      <span class="soft small row">
        <RelativeTime at={props.entry.at} />
        <Show when={detail("jobId")}>{(jobId) => <a href={paths.job(jobId())}>job</a>}</Show>
      </span>
    </li>
  )
}

/** An act that this release does not know is shown in the server's word. */
function wordsOf({ act, detail }: TimelineEntry): string {
  const phase = textOf(detail["phase"]) ?? "phase"
  const words: Readonly<Record<string, string>> = {
    created: "filed the ticket",
    updated: `changed ${listOf(detail["fields"])}`,
    resolved: "resolved the ticket",
    reopened: "reopened the ticket",
    overridden: "opened execution without an approved plan",
    "phase-started": `started ${phase}`,
    "phase-retried": `retried ${phase}`,
    "start-refused": `could not start ${phase} automatically`,
    "phase-ended": `ended ${phase}: ${textOf(detail["status"]) ?? "done"}`,
    "document-written": `edited the ${phase} document`,
    "approval-requested": `asked for approval of the ${phase} document`,
    approved: `approved the ${phase} document`,
    rejected: `rejected the ${phase} document`,
    "approval-revoked": `took the ${phase} document back to draft`,
  }
  return words[act] ?? act.replaceAll("-", " ")
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)
const listOf = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(", ") : "the ticket")
