import { createEffect, createSignal, onCleanup } from "solid-js"

/** Typing pauses this long before the server is asked what it makes of it. */
const PAUSE_MS = 300

/** What a signal says once it has rested. */
export function afterPause<T>(value: () => T): () => T {
  const [rested, setRested] = createSignal<T>(value())
  createEffect(() => {
    const now = value()
    const timer = setTimeout(() => setRested(() => now), PAUSE_MS)
    onCleanup(() => clearTimeout(timer))
  })
  return rested
}
