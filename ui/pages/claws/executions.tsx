import { createSignal, type JSX, Show } from "solid-js"
import type { ClawExecution, ClawSchedule } from "#contract/claws.ts"
import { executionsQuery } from "../../api/claws.ts"
import { useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { type Column, Table } from "../../kit/table.tsx"
import { Duration } from "../../parts/duration.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { Pager } from "../../parts/pager.tsx"
import { paths } from "../../paths.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { LookBadge } from "../../parts/status-badge.tsx"
import { EXECUTION_LOOKS } from "./looks.tsx"
import { timeInZone } from "./zone-time.ts"

/** What became of each due time, the newest first. */
export function Executions(props: { schedule: ClawSchedule }): JSX.Element {
  const [cursor, setCursor] = createSignal("")
  const executions = useQuery(() => executionsQuery(props.schedule.id, { cursor: cursor() }))
  const columns: readonly Column<ClawExecution>[] = [
    {
      header: "Run",
      grow: true,
      cell: (execution) => (
        <span class="execution-state">
          <LookBadge look={EXECUTION_LOOKS[execution.status]} />
          <span class="execution-when">
            <RelativeTime at={execution.dueAt} />
            <span class="small soft numbers">{timeInZone(execution.dueAt, props.schedule.timeZone)}</span>
            <Show when={execution.trigger === "manual"}>
              <span class="small soft">by hand</span>
            </Show>
          </span>
          <Show when={execution.reason}>{(reason) => <span class="small">{reason()}</span>}</Show>
        </span>
      ),
    },
    { header: "Took", align: "end", hideWhen: "narrow", cell: ({ startedAt, endedAt }) => <Duration from={startedAt} to={endedAt} /> },
    { header: "Outcome", align: "end", cell: (execution) => <Outcome execution={execution} /> },
  ]
  return (
    <>
      <Card title="Runs" flush>
        <Loaded query={executions} skeleton={<Skeleton lines={4} />}>
          {(page) => (
            <Show when={page().items.length > 0} fallback={<p class="claw-none soft">None yet.</p>}>
              <Table label={`Runs of ${props.schedule.name}`} columns={columns} rows={page().items} />
            </Show>
          )}
        </Loaded>
      </Card>
      <Pager noun="runs" cursor={cursor()} nextCursor={dataOf(executions)?.nextCursor ?? null} onGo={setCursor} />
    </>
  )
}

function Outcome(props: { execution: ClawExecution }): JSX.Element {
  return (
    <span class="execution-outcome">
      <Show when={props.execution.pullRequest}>
        {(url) => (
          <a href={url()} target="_blank" rel="noreferrer">
            Pull request
          </a>
        )}
      </Show>
      <Show when={props.execution.jobId}>{(id) => <a href={paths.job(id())}>Job</a>}</Show>
    </span>
  )
}
