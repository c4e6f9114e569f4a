/** How a socket that is kept open stands. `waiting` is between two tries. */
export type SocketState = "connecting" | "open" | "waiting" | "closed"

export interface KeptSocket {
  send: (message: unknown) => void
  /** Drops the connection and makes a new one at once. */
  renew: () => void
  close: () => void
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 20_000

/**
 * One WebSocket that comes back for ever: with growing, jittered pauses, and at once when the machine is online again
 * or the tab is looked at. `path` is asked before each connection, so that it can carry a cursor.
 */
export function keepSocket({
  path,
  onMessage,
  onState,
  onLost,
}: {
  path: () => string
  onMessage: (message: unknown) => void
  onState?: (state: SocketState) => void
  /** A connection that never opened: the session may be over. */
  onLost?: () => void
}): KeptSocket {
  let socket: WebSocket | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let closed = false

  function connect(): void {
    clearTimeout(timer)
    if (closed) return
    onState?.("connecting")
    const mine = new WebSocket(new URL(path(), location.href.replace(/^http/, "ws")))
    let opened = false
    socket = mine
    mine.addEventListener("open", () => {
      opened = true
      failures = 0
      if (mine === socket) onState?.("open")
    })
    mine.addEventListener("message", (event) => {
      if (mine === socket && typeof event.data === "string") onMessage(JSON.parse(event.data))
    })
    mine.addEventListener("close", () => {
      if (mine !== socket) return
      socket = null
      if (closed) return
      failures += 1
      if (!opened) onLost?.()
      onState?.("waiting")
      timer = setTimeout(connect, pauseAfter(failures))
    })
  }

  const hurry = () => {
    if (!closed && !socket && document.visibilityState === "visible") connect()
  }
  window.addEventListener("online", hurry)
  document.addEventListener("visibilitychange", hurry)
  connect()

  return {
    send: (message) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
    },
    renew: () => {
      const former = socket
      socket = null
      former?.close()
      connect()
    },
    close: () => {
      closed = true
      clearTimeout(timer)
      window.removeEventListener("online", hurry)
      document.removeEventListener("visibilitychange", hurry)
      socket?.close()
      onState?.("closed")
    },
  }
}

/** Full jitter: a control plane that comes back is not met by every browser in the same instant. */
export function pauseAfter(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10))
  return FIRST_PAUSE_MS / 2 + random() * longest
}
