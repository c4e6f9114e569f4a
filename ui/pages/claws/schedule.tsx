import { useParams } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import type { ClawSchedule } from "#contract/claws.ts"
import { clawTemplateQuery, scheduleQuery } from "../../api/claws.ts"
import { projectQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Columns } from "../../kit/columns.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { type Fact, Facts } from "../../kit/facts.tsx"
import { Notice } from "../../kit/notice.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { UsedBy } from "../../parts/used.tsx"
import { paths } from "../../paths.ts"
import { Executions } from "./executions.tsx"
import { isPaused, MISSED_WORDS, OVERLAP_WORDS, ScheduleBadge } from "./looks.tsx"
import { NextRuns } from "./next-runs.tsx"
import { ScheduleActs } from "./schedule-acts.tsx"
import { InWords } from "./timing.tsx"
import { timeInZone } from "./zone-time.ts"
import "./claws.css"

export default function SchedulePage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const schedule = useQuery(() => scheduleQuery(params.id))
  return (
    <div class="page">
      <Show when={schedule.isLoadingError}>
        <PageHeader title="Schedule" parent={{ label: "Claws", href: paths.claws() }} />
      </Show>
      <Loaded query={schedule}>{(found) => <Detail schedule={found()} />}</Loaded>
    </div>
  )
}

function Detail(props: { schedule: ClawSchedule }): JSX.Element {
  const [problem, setProblem] = createSignal<string | null>(null)
  return (
    <>
      <PageHeader
        title={props.schedule.name}
        parent={{ label: "Claws", href: paths.claws() }}
        meta={
          <>
            <ScheduleBadge schedule={props.schedule} />
            <InWords schedule={props.schedule} />
          </>
        }
        actions={<ScheduleActs schedule={props.schedule} onProblem={setProblem} />}
      />
      <Show when={problem()}>{(sentence) => <Notice tone="bad">{sentence()}</Notice>}</Show>
      <Show when={props.schedule.pausedReason}>
        {(reason) => (
          <Notice tone="bad" title="It has paused itself">
            <p>{reason()}</p>
            <p class="small">See the jobs below, mend what is wrong, then resume it.</p>
          </Notice>
        )}
      </Show>
      <Columns
        aside={
          <>
            <Card title="Next runs">
              <Show
                when={!isPaused(props.schedule) && props.schedule.nextRuns.length > 0}
                fallback={<p class="soft">{isPaused(props.schedule) ? "None while it is paused." : "It never comes due again."}</p>}
              >
                <NextRuns runs={props.schedule.nextRuns} timeZone={props.schedule.timeZone} />
              </Show>
            </Card>
            <About schedule={props.schedule} />
          </>
        }
      >
        <Executions schedule={props.schedule} />
      </Columns>
    </>
  )
}

function About(props: { schedule: ClawSchedule }): JSX.Element {
  const template = useQuery(() => clawTemplateQuery(props.schedule.templateId))
  const project = useQuery(() => projectQuery(props.schedule.projectId))
  const facts = (): Fact[] => {
    const { cron, interval, anchorAt, timeZone, overlap, missedRuns, runs, failures, webhook } = props.schedule
    const found = dataOf(project)
    const all: (Fact | null)[] = [
      {
        term: "Task template",
        value: <a href={paths.clawTemplate(props.schedule.templateId)}>{dataOf(template)?.name ?? "…"}</a>,
      },
      { term: "Project", value: found ? <a href={paths.project(found.slug)}>{found.name}</a> : "…" },
      cron === null ? null : { term: "Cron", value: <code>{cron}</code> },
      interval === null ? null : { term: "Interval", value: <code>{interval}</code> },
      interval === null ? null : { term: "Counted from", value: timeInZone(anchorAt, timeZone) },
      { term: "Time zone", value: timeZone },
      { term: "Overlap", value: OVERLAP_WORDS[overlap] },
      { term: "Missed runs", value: MISSED_WORDS[missedRuns] },
      { term: "Runs", value: <span class="numbers">{runs}</span> },
      failures === 0 ? null : { term: "Failures in a row", value: <span class="numbers">{failures}</span> },
      { term: "Used", value: <UsedBy of={{ scheduleId: props.schedule.id }} /> },
      webhook === null ? null : { term: "Webhook", value: <Copyable text={webhook.url} what="webhook URL" /> },
    ]
    return all.filter((fact) => fact !== null)
  }
  return (
    <Card title="About">
      <Facts facts={facts()} />
    </Card>
  )
}
