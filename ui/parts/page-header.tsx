import { createEffect, type JSX, Show } from "solid-js"
import "./page-header.css"

interface PageHeaderProps {
  title: string
  /** The way up: where this page hangs. */
  parent?: { label: string; href: string } | undefined
  /** Before the title: an id, a key. */
  eyebrow?: JSX.Element | undefined
  /** Under the title: state, times, who. */
  meta?: JSX.Element | undefined
  actions?: JSX.Element | undefined
}

/** The head of every page; names the browser's tab too. */
export function PageHeader(props: PageHeaderProps): JSX.Element {
  createEffect(() => {
    document.title = `${props.title} · Viberglass`
  })
  return (
    <header class="page-header">
      <div class="page-header-text">
        <Show when={props.parent || props.eyebrow}>
          <div class="page-header-eyebrow">
            <Show when={props.parent}>
              {(parent) => (
                <>
                  <a href={parent().href}>{parent().label}</a>
                  <Show when={props.eyebrow}>
                    <span aria-hidden="true">/</span>
                  </Show>
                </>
              )}
            </Show>
            {props.eyebrow}
          </div>
        </Show>
        <h1>{props.title}</h1>
        <Show when={props.meta}>
          <div class="page-header-meta">{props.meta}</div>
        </Show>
      </div>
      <Show when={props.actions}>
        <div class="page-header-actions">{props.actions}</div>
      </Show>
    </header>
  )
}
