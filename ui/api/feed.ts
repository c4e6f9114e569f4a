import { createSignal } from "solid-js"
import type { Changed } from "#contract/feed.ts"
import { keys } from "./keys.ts"
import { queryClient } from "./query-client.ts"
import { keepSocket } from "./socket.ts"

/** Which keys a changed noun touches; `id` limits a noun's own pages to the one that changed. */
const TOUCHED = {
  job: (id) => [keys.job.list, keys.job.one(id), keys.ticket.all, keys.dashboard, keys.clanker.all],
  // Their pages are asked for by key or slug as well as by id.
  ticket: () => [keys.ticket.all, keys.dashboard],
  clanker: () => [keys.clanker.all, keys.project.all],
  project: () => [keys.project.all],
  secret: (id) => [keys.secret.list, keys.secret.one(id), keys.project.all],
  claw: () => [keys.claw.all],
  host: (id) => [keys.host.list, keys.host.one(id)],
} as const satisfies Record<Changed["noun"], (id: string) => readonly (readonly string[])[]>

/** A running job changes many times a second; the lists need not. */
const GATHER_MS = 300
/** A short gap heals before anybody needs to read about it. */
const SAY_AFTER_MS = 2500

const [reconnecting, setReconnecting] = createSignal(false)
/** True when the feed has been away for long enough to say so. */
export const isReconnecting = reconnecting

/** Opens the one feed of this browser tab; answers how to close it. */
export function openFeed(): () => void {
  let opened = 0
  let saying: ReturnType<typeof setTimeout> | undefined
  const gathered = gather()
  const socket = keepSocket({
    path: () => "/api/feed",
    onMessage: (message) => {
      if (isChanged(message)) for (const key of TOUCHED[message.noun](message.id)) gathered.add(key)
    },
    // Whether the session is over is not visible in a closed socket: this answers 401 if it is.
    onLost: () => void queryClient.invalidateQueries({ queryKey: keys.me }),
    onState: (state) => {
      if (state === "open") {
        clearTimeout(saying)
        saying = undefined
        setReconnecting(false)
        opened += 1
        // What changed while the feed was away was not told.
        if (opened > 1) void queryClient.invalidateQueries()
      }
      if (state === "waiting") saying ??= setTimeout(() => setReconnecting(true), SAY_AFTER_MS)
    },
  })
  return () => {
    clearTimeout(saying)
    setReconnecting(false)
    socket.close()
  }
}

function gather(): { add: (key: readonly string[]) => void } {
  const waiting = new Map<string, readonly string[]>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = () => {
    timer = undefined
    const touched = [...waiting.values()]
    waiting.clear()
    for (const queryKey of touched) void queryClient.invalidateQueries({ queryKey })
  }
  return {
    add: (key) => {
      waiting.set(key.join("/"), key)
      timer ??= setTimeout(flush, GATHER_MS)
    },
  }
}

function isChanged(message: unknown): message is Changed {
  if (typeof message !== "object" || message === null || !("type" in message) || !("noun" in message)) return false
  return message.type === "changed" && typeof message.noun === "string" && message.noun in TOUCHED
}
