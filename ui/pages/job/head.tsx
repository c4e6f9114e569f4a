import { type JSX, Show } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import type { Job } from "#contract/jobs.ts"
import type { Ticket } from "#contract/tickets.ts"
import { scheduleQuery } from "../../api/claws.ts"
import { useQuery } from "../../api/use-query.ts"
import { Copyable } from "../../kit/copy.tsx"
import { AgentIcon } from "../../parts/agent-icon.tsx"
import { Duration } from "../../parts/duration.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { dollars, tokens } from "../../parts/numbers.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { JobBadge } from "../../parts/status-badge.tsx"
import { paths } from "../../paths.ts"

export function JobEyebrow(props: { job: Job }): JSX.Element {
  return <Copyable text={props.job.id} shown={`${props.job.id.slice(0, 12)}…`} what="job id" />
}

/** State, clock, who, which attempt, what it cost. */
export function JobMeta(props: { job: Job; ticket: Ticket | undefined; clanker: Clanker | undefined }): JSX.Element {
  const used = () => props.job.usage.inputTokens + props.job.usage.outputTokens
  return (
    <>
      <JobBadge status={props.job.status} />
      <Show
        when={props.job.startedAt}
        fallback={
          <span>
            created <RelativeTime at={props.job.createdAt} />
          </span>
        }
      >
        {(startedAt) => (
          <span>
            <Duration from={startedAt()} to={props.job.endedAt} />, <RelativeTime at={startedAt()} />
          </span>
        )}
      </Show>
      <Show when={props.ticket}>
        {(ticket) => (
          <a href={paths.ticket(ticket().key)}>
            {ticket().key}: {ticket().title}
          </a>
        )}
      </Show>
      <Show when={props.job.scheduleId}>{(id) => <ScheduleLink id={id()} />}</Show>
      <Show when={props.clanker} fallback={<Show when={props.job.clanker}>{(former) => <span>{former().name}</span>}</Show>}>
        {(clanker) => (
          <a class="row" href={paths.clanker(clanker().slug)}>
            <AgentIcon agent={clanker().agent} />
            {clanker().name}
          </a>
        )}
      </Show>
      <Show when={props.job.attempt > 1}>
        <span>attempt {props.job.attempt}</span>
      </Show>
      <Show when={used() > 0}>
        <span class="numbers" title={`${props.job.usage.inputTokens} in, ${props.job.usage.outputTokens} out`}>
          {tokens(used())} tokens
        </span>
      </Show>
      <Show when={props.job.usage.costUsd}>{(cost) => <span class="numbers">{dollars(cost())}</span>}</Show>
    </>
  )
}

/** A schedule that was deleted meanwhile has no page. */
function ScheduleLink(props: { id: string }): JSX.Element {
  const schedule = useQuery(() => ({ ...scheduleQuery(props.id), retry: false }))
  return <Show when={dataOf(schedule)}>{(found) => <a href={paths.schedule(props.id)}>{found().name}</a>}</Show>
}
