import { type JSX, Show } from "solid-js"
import AlarmClock from "lucide-solid/icons/alarm-clock"
import ClipboardList from "lucide-solid/icons/clipboard-list"
import { LinkButton } from "../../kit/button.tsx"
import { Empty } from "../../kit/empty.tsx"
import { usePermission } from "../../parts/permission.ts"
import { paths } from "../../paths.ts"

export function NoSchedules(props: { templates: number }): JSX.Element {
  const { writeReason } = usePermission()
  return (
    <Empty
      icon={AlarmClock}
      title="No schedules yet"
      action={
        <Show when={!writeReason()}>
          <LinkButton kind="primary" href={props.templates > 0 ? paths.newSchedule() : paths.newClawTemplate()}>
            {props.templates > 0 ? "New schedule" : "New template"}
          </LinkButton>
        </Show>
      }
    >
      <p>
        {props.templates > 0
          ? "A schedule runs a task template at its times: every night, on Mondays, every two hours."
          : "First say what is to be done in a task template, then give it a schedule."}
      </p>
    </Empty>
  )
}

export function NoTemplates(): JSX.Element {
  const { writeReason } = usePermission()
  return (
    <Empty
      icon={ClipboardList}
      title="No task templates yet"
      action={
        <Show when={!writeReason()}>
          <LinkButton kind="primary" href={paths.newClawTemplate()}>
            New template
          </LinkButton>
        </Show>
      }
    >
      <p>A task template is work that comes again: update the dependencies, look for dead links, keep the changelog.</p>
    </Empty>
  )
}
