import { onCleanup, onMount } from "solid-js"
import { isTyping } from "../../kit/keys.tsx"
import { paths } from "../../paths.ts"

interface Shortcuts {
  palette: () => void
  help: () => void
  newTicket: () => void
  go: (href: string) => void
}

/** `g` and then a letter goes somewhere. */
const PLACES: Readonly<Record<string, string>> = {
  d: paths.dashboard(),
  t: paths.tickets(),
  j: paths.jobs(),
  p: paths.projects(),
  c: paths.clankers(),
  w: paths.claws(),
}
const SECOND_KEY_MS = 1200

export function onShortcut(shortcuts: Shortcuts): void {
  let going = 0
  const press = (event: KeyboardEvent) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault()
      return shortcuts.palette()
    }
    // A dialog has its own keys, and a letter in a field is a letter.
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event) || document.querySelector("dialog[open]")) return
    const place = Date.now() - going < SECOND_KEY_MS ? PLACES[event.key] : undefined
    going = event.key === "g" ? Date.now() : 0
    const act = place ? () => shortcuts.go(place) : ACTS[event.key]
    if (!act) return
    event.preventDefault()
    act(shortcuts)
  }
  onMount(() => document.addEventListener("keydown", press))
  onCleanup(() => document.removeEventListener("keydown", press))
}

const ACTS: Readonly<Record<string, (shortcuts: Shortcuts) => void>> = {
  c: ({ newTicket }) => newTicket(),
  "?": ({ help }) => help(),
  "/": () => document.querySelector<HTMLElement>("[type=search]")?.focus(),
  j: () => stepRow(1),
  k: () => stepRow(-1),
}

/** Moves the focus through the rows of the page's list. */
function stepRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row-link]")]
  const at = rows.findIndex((row) => row === document.activeElement)
  const next = at === -1 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))
  rows[next]?.focus()
}
