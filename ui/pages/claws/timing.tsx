import { type JSX, Show } from "solid-js"
import type { ClawSchedule } from "#contract/claws.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { timingInWords } from "./words.ts"
import { timeInZone } from "./zone-time.ts"

/** "At 09:00, Monday through Friday", with the zone it is meant in. */
export function InWords(props: { schedule: Pick<ClawSchedule, "cron" | "interval" | "timeZone"> }): JSX.Element {
  return (
    <span class="timing">
      <Show when={timingInWords(props.schedule)} fallback={<code>{props.schedule.cron ?? props.schedule.interval}</code>}>
        {(words) => <span class="timing-words">{words()}</span>}
      </Show>
      <span class="small soft">{props.schedule.timeZone}</span>
    </span>
  )
}

/** How far away, and the clock's time where it is meant. */
export function ZonedTime(props: { at: string; timeZone: string }): JSX.Element {
  return (
    <span class="timing">
      <RelativeTime at={props.at} />
      <span class="small soft numbers">{timeInZone(props.at, props.timeZone)}</span>
    </span>
  )
}
