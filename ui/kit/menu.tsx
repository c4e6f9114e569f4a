import { createUniqueId, For, type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import type { Icon } from "./icon.ts"
import "./menu.css"

export type MenuItem = { label: string; icon?: Icon | undefined; danger?: boolean | undefined; checked?: boolean | undefined } & (
  | { act: () => void; disabledReason?: string | null | undefined }
  | { href: string }
)
interface MenuProps {
  label: string
  /** What the button shows. */
  trigger: JSX.Element
  items: readonly MenuItem[]
  align?: "start" | "end" | undefined
  side?: "below" | "above" | undefined
}

/** A list of acts under a button: the browser's popover closes it on Escape and on a click elsewhere. */
export function Menu(props: MenuProps): JSX.Element {
  const id = createUniqueId()
  let list: HTMLDivElement | undefined
  let button: HTMLButtonElement | undefined

  const entries = () => [...(list?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])]
  const place = () => {
    if (!list || !button) return
    const at = button.getBoundingClientRect()
    const left = props.align === "end" ? at.right - list.offsetWidth : at.left
    const top = props.side === "above" ? at.top - list.offsetHeight - 4 : at.bottom + 4
    list.style.left = `${Math.max(8, Math.min(left, innerWidth - list.offsetWidth - 8))}px`
    list.style.top = `${Math.max(8, Math.min(top, innerHeight - list.offsetHeight - 8))}px`
  }
  const opened = (event: ToggleEvent) => {
    if (event.newState !== "open") return
    place()
    entries()[0]?.focus()
  }
  const move = (event: KeyboardEvent) => {
    const all = entries()
    const at = all.findIndex((entry) => entry === document.activeElement)
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    all.at(next % all.length)?.focus()
  }
  return (
    <>
      <button ref={button} type="button" class="menu-trigger" popovertarget={id} aria-haspopup="menu">
        {props.trigger}
        <span class="visually-hidden">{props.label}</span>
      </button>
      <div ref={list} id={id} popover="auto" role="menu" aria-label={props.label} class="menu" onToggle={opened} onKeyDown={move}>
        <For each={props.items}>{(item) => <Entry item={item} close={() => list?.hidePopover()} />}</For>
      </div>
    </>
  )
}

function Entry(props: { item: MenuItem; close: () => void }): JSX.Element {
  const inside = () => (
    <>
      <Show when={props.item.icon} fallback={<span class="menu-gap" />}>
        {(icon) => <Dynamic component={icon()} size={16} aria-hidden="true" />}
      </Show>
      {props.item.label}
    </>
  )
  const { item } = props
  if ("href" in item)
    return (
      <a role="menuitem" tabindex="-1" class="menu-item" href={item.href} onClick={() => props.close()}>
        {inside()}
      </a>
    )
  const reason = () => item.disabledReason ?? undefined
  const press = () => {
    if (reason()) return
    props.close()
    item.act()
  }
  return (
    <button
      type="button"
      role={item.checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={item.checked}
      tabindex="-1"
      class="menu-item"
      data-danger={item.danger ? "" : undefined}
      aria-disabled={reason() ? true : undefined}
      title={reason()}
      onClick={press}
    >
      {inside()}
      <Show when={reason()}>
        <small class="faint">{reason()}</small>
      </Show>
    </button>
  )
}
