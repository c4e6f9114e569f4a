import { For, type JSX, Show } from "solid-js"
import ExternalLink from "lucide-solid/icons/external-link"
import type { ConsoleLink } from "#contract/aws-console.ts"
import "./console-links.css"

/** Ways into AWS's console, for who may look there. Nothing where there are none. */
export function ConsoleLinks(props: { links: readonly ConsoleLink[]; label: string; hideLabel?: boolean | undefined }): JSX.Element {
  return (
    <Show when={props.links.length > 0}>
      <nav class="console-links" aria-label={props.label}>
        <Show when={!props.hideLabel}>
          <span class="small soft" aria-hidden="true">
            {props.label}
          </span>
        </Show>
        <For each={props.links}>
          {({ name, url }) => (
            <a class="small" href={url} target="_blank" rel="noreferrer">
              {name}
              <ExternalLink size={12} aria-hidden="true" />
              <span class="visually-hidden"> (opens AWS in another tab)</span>
            </a>
          )}
        </For>
      </nav>
    </Show>
  )
}
