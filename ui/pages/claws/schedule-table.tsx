import { type JSX, Show } from "solid-js"
import type { ClawSchedule, ClawTemplate } from "#contract/claws.ts"
import type { Project } from "#contract/projects.ts"
import { type Column, Table } from "../../kit/table.tsx"
import { whyNotWrite } from "../../parts/permission.ts"
import { paths } from "../../paths.ts"
import { HistoryStrip } from "./history-strip.tsx"
import { isPaused, ScheduleBadge } from "./looks.tsx"
import { RowActs } from "./schedule-acts.tsx"
import { InWords, ZonedTime } from "./timing.tsx"

export function ScheduleTable(props: {
  label: string
  schedules: readonly ClawSchedule[]
  templates: readonly Pick<ClawTemplate, "id" | "name">[]
  projects: readonly Project[]
}): JSX.Element {
  const projectOf = (schedule: ClawSchedule) => props.projects.find(({ id }) => id === schedule.projectId)
  const under = (schedule: ClawSchedule) =>
    [props.templates.find(({ id }) => id === schedule.templateId)?.name, projectOf(schedule)?.name].filter(Boolean).join(" in ")
  const columns: readonly Column<ClawSchedule>[] = [
    {
      header: "Schedule",
      grow: true,
      cell: (schedule) => (
        <span class="claw-name">
          <strong>{schedule.name}</strong>
          <span class="small soft">{under(schedule)}</span>
          <span class="small claw-narrow">
            <NextRun schedule={schedule} />
          </span>
        </span>
      ),
    },
    { header: "When", hideWhen: "narrow", cell: (schedule) => <InWords schedule={schedule} /> },
    { header: "Next run", hideWhen: "narrow", cell: (schedule) => <NextRun schedule={schedule} /> },
    { header: "Newest runs", hideWhen: "medium", cell: (schedule) => <HistoryStrip schedule={schedule} /> },
    {
      header: "Acts",
      headerHidden: true,
      align: "end",
      cell: (schedule) => (
        <Show when={!whyNotWrite(projectOf(schedule)?.role ?? "viewer")}>
          <RowActs schedule={schedule} />
        </Show>
      ),
    },
  ]
  return <Table label={props.label} columns={columns} rows={props.schedules} href={({ id }) => paths.schedule(id)} />
}

function NextRun(props: { schedule: ClawSchedule }): JSX.Element {
  return (
    <Show when={!isPaused(props.schedule) && props.schedule.nextRunAt} fallback={<ScheduleBadge schedule={props.schedule} />}>
      {(at) => <ZonedTime at={at()} timeZone={props.schedule.timeZone} />}
    </Show>
  )
}
