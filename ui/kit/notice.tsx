import { type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import CircleAlert from "lucide-solid/icons/circle-alert"
import CircleCheck from "lucide-solid/icons/circle-check"
import Info from "lucide-solid/icons/info"
import TriangleAlert from "lucide-solid/icons/triangle-alert"
import type { Icon } from "./icon.ts"
import "./badge.css"
import "./notice.css"

const ICONS = { bad: CircleAlert, waiting: TriangleAlert, good: CircleCheck, quiet: Info } as const satisfies Record<string, Icon>

interface NoticeProps {
  tone: keyof typeof ICONS
  title?: string | undefined
  children?: JSX.Element | undefined
  /** The way out: a button or a link. */
  action?: JSX.Element | undefined
}

/** Something to know where it matters. A bad one is read aloud at once. */
export function Notice(props: NoticeProps): JSX.Element {
  return (
    <div class="notice" data-tone={props.tone} role={props.tone === "bad" ? "alert" : undefined}>
      <Dynamic component={ICONS[props.tone]} size={18} aria-hidden="true" />
      <div class="notice-text">
        <Show when={props.title}>
          <strong>{props.title}</strong>
        </Show>
        {props.children}
        <Show when={props.action}>
          <div class="row">{props.action}</div>
        </Show>
      </div>
    </div>
  )
}
