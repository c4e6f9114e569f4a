import type { JSX } from "solid-js"
import { exactTime, now, relativeTime } from "./time.ts"

/** How long ago, with the exact time on hover. */
export function RelativeTime(props: { at: string }): JSX.Element {
  return (
    <time class="numbers" datetime={props.at} title={exactTime(props.at)}>
      {relativeTime(props.at, now())}
    </time>
  )
}
