import { useQuery } from "../api/use-query.ts"
import { type JSX, Show } from "solid-js"
import type { Job } from "#contract/jobs.ts"
import { clankersQuery, ticketsQuery } from "../api/queries.ts"
import { type Column, Table } from "../kit/table.tsx"
import { Duration } from "./duration.tsx"
import { jobName } from "./job-name.ts"
import { dataOf } from "./loaded.tsx"
import { dollars, tokens } from "./numbers.ts"
import { RelativeTime } from "./relative-time.tsx"
import { JobBadge } from "./status-badge.tsx"
import { paths } from "../paths.ts"
import "./job-table.css"

/** Jobs as rows; the names of their tickets and clankers are looked up among the newest. */
export function JobTable(props: { jobs: readonly Job[]; label: string; brief?: boolean | undefined }): JSX.Element {
  const tickets = useQuery(() => ticketsQuery({ limit: 200 }))
  const clankers = useQuery(clankersQuery)
  const ticketOf = (job: Job) => dataOf(tickets)?.items.find(({ id }) => id === job.ticketId)
  // A clanker that is gone is still known by the name that it had.
  const nameOf = (job: Job) => dataOf(clankers)?.items.find(({ id }) => id === job.clankerId)?.name ?? job.clanker?.name ?? "–"
  const columns: readonly Column<Job>[] = [
    {
      header: "Job",
      grow: true,
      cell: (job) => (
        <span class="job-cell">
          <span class="job-cell-name">{jobName(job)}</span>
          <Show when={ticketOf(job)} fallback={<span class="faint small">{job.id.slice(0, 12)}…</span>}>
            {(ticket) => (
              <span class="soft small">
                {ticket().key} {ticket().title}
              </span>
            )}
          </Show>
          <Show when={job.failure}>{(failure) => <span class="job-cell-failure small">{failure().message}</span>}</Show>
        </span>
      ),
    },
    { header: "Status", cell: (job) => <JobBadge status={job.status} /> },
    {
      header: "Clanker",
      hideWhen: "medium",
      cell: (job) => <span class="soft">{nameOf(job)}</span>,
    },
    { header: "Took", align: "end", hideWhen: "narrow", cell: (job) => <Duration from={job.startedAt} to={job.endedAt} /> },
    { header: "Cost", align: "end", hideWhen: "medium", cell: (job) => <span class="numbers soft">{costOf(job)}</span> },
    {
      header: "Created",
      align: "end",
      hideWhen: "narrow",
      cell: (job) => (
        <span class="soft small">
          <RelativeTime at={job.createdAt} />
        </span>
      ),
    },
  ]
  const shown = () => (props.brief ? columns.filter(({ header }) => header !== "Clanker" && header !== "Cost") : columns)
  return <Table label={props.label} columns={shown()} rows={props.jobs} href={({ id }) => paths.job(id)} />
}

function costOf({ usage }: Job): string {
  if (usage.costUsd !== null) return dollars(usage.costUsd)
  const used = usage.inputTokens + usage.outputTokens
  return used > 0 ? `${tokens(used)} tokens` : "–"
}
