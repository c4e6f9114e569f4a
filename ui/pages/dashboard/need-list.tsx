import { For, type JSX } from "solid-js"
import "./need-list.css"

export function NeedList(props: {
  label: string
  items: readonly { id: string; label: string; aside: string; href: string }[]
}): JSX.Element {
  return (
    <ul class="needs" aria-label={props.label}>
      <For each={props.items}>
        {(item) => (
          <li>
            <a data-row-link href={item.href}>
              <span>{item.label}</span>
              <span class="soft small">{item.aside}</span>
            </a>
          </li>
        )}
      </For>
    </ul>
  )
}
