/**
 * Upgrades a request to a hibernating WebSocket: the platform keeps it open while the object sleeps. `attachment` holds
 * who is at the other end (≤ 16 KiB, survives hibernation); `tag` finds the sockets of one kind again.
 */
export function acceptSocket(ctx: DurableObjectState, tag: string, attachment: unknown): { response: Response; socket: WebSocket } {
  const { 0: client, 1: server } = new WebSocketPair()
  ctx.acceptWebSocket(server, [tag])
  server.serializeAttachment(attachment)
  return { response: new Response(null, { status: 101, webSocket: client }), socket: server }
}

/** Sends and forgets a socket that is already gone: its close event follows, and its reader resumes by cursor. */
export function send(socket: WebSocket, message: string): boolean {
  try {
    socket.send(message)
    return true
  } catch {
    // The peer left between two events; `webSocketClose` cleans up, nothing is lost because readers hold cursors.
    return false
  }
}

/** Closes with a reason; 1000 because 1005 and 1006 may not be sent. */
export function close(socket: WebSocket, reason: string): void {
  try {
    socket.close(1000, reason.slice(0, 120))
  } catch {
    // Closing a closed socket is what was wanted.
  }
}

/** A message as JSON, or null for anything else: what is not JSON fails the reader's schema like any other stray message. */
export function readMessage(message: string | ArrayBuffer): unknown {
  if (typeof message !== "string") return null
  try {
    return JSON.parse(message)
  } catch {
    return null
  }
}
