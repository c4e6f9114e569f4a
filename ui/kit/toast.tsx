import { createSignal, For, type JSX } from "solid-js"
import { Dynamic } from "solid-js/web"
import CircleAlert from "lucide-solid/icons/circle-alert"
import CircleCheck from "lucide-solid/icons/circle-check"
import X from "lucide-solid/icons/x"
import { IconButton } from "./button.tsx"
import "./badge.css"
import "./toast.css"

interface Toast {
  id: number
  tone: "good" | "bad"
  text: string
}
const SHOWN_MS = 6000
const [toasts, setToasts] = createSignal<readonly Toast[]>([])
let last = 0

/** Says what an act did, where nothing on the page shows it. A bad one stays until it is closed. */
export function toast(text: string, tone: Toast["tone"] = "good"): void {
  last += 1
  const id = last
  setToasts((shown) => [...shown.slice(-3), { id, tone, text }])
  if (tone === "good") setTimeout(() => dismiss(id), SHOWN_MS)
}

const dismiss = (id: number) => setToasts((shown) => shown.filter((one) => one.id !== id))

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      <For each={toasts()}>
        {(one) => (
          <div class="toast" data-tone={one.tone}>
            <Dynamic component={one.tone === "good" ? CircleCheck : CircleAlert} size={18} aria-hidden="true" />
            <span>{one.text}</span>
            <IconButton icon={X} label="Dismiss" size="s" onClick={() => dismiss(one.id)} />
          </div>
        )}
      </For>
    </div>
  )
}
