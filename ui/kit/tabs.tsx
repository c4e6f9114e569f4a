import { For, type JSX, Show } from "solid-js"
import "./tabs.css"

export interface Tab<V extends string> {
  value: V
  label: string
  count?: number | undefined
}
interface TabsProps<V extends string> {
  label: string
  tabs: readonly Tab<V>[]
  value: V
  onChange: (value: V) => void
  children: JSX.Element
}

/** Tabs over one panel. Arrow keys move between them, as readers expect. */
export function Tabs<V extends string>(props: TabsProps<V>): JSX.Element {
  let list: HTMLDivElement | undefined
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const at = props.tabs.findIndex(({ value }) => value === props.value)
    const next = props.tabs[(at + step + props.tabs.length) % props.tabs.length]
    if (!next) return
    props.onChange(next.value)
    list?.querySelector<HTMLElement>(`[data-tab="${next.value}"]`)?.focus()
  }
  return (
    <div class="tabs">
      <div ref={list} class="tab-list" role="tablist" aria-label={props.label} onKeyDown={move}>
        <For each={props.tabs}>
          {(tab) => (
            <button
              type="button"
              role="tab"
              class="tab"
              data-tab={tab.value}
              id={`tab-${tab.value}`}
              aria-selected={tab.value === props.value}
              aria-controls="tab-panel"
              tabindex={tab.value === props.value ? 0 : -1}
              onClick={() => props.onChange(tab.value)}
            >
              {tab.label}
              <Show when={tab.count}>
                <span class="tab-count numbers">{tab.count}</span>
              </Show>
            </button>
          )}
        </For>
      </div>
      <div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby={`tab-${props.value}`}>
        {props.children}
      </div>
    </div>
  )
}
