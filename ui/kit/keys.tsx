import type { JSX } from "solid-js"
import "./keys.css"

/** A key to press. */
export function Key(props: { children: string }): JSX.Element {
  return <kbd class="key">{props.children}</kbd>
}

/** True while somebody types: single-letter shortcuts must then stay letters. */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)
}

export const isMac = (): boolean => /Mac|iP(hone|ad)/.test(navigator.platform)
