import { LIVE_LIMITS } from "#contract/live.ts"
import { liveSaysSchema } from "#contract/live.schema.ts"
import { acceptSocket, close, readMessage, send } from "../durable/sockets.ts"
import { afterAck, isBehind, type Sent, withSent } from "./backlog.ts"
import type { Stored } from "./event-log.ts"
import type { Ledger } from "./ledger.ts"

/** A viewer's place in the log. The Worker's WebSocket has no `bufferedAmount`, so what is on its way is counted by acks. */
interface Viewer {
  sent: number
  backlog: readonly Sent[]
  who: Who
  /** When it was last known that `who` may still look on. */
  checkedAt: number
}
/** What let the viewer in: a token or a session of a user. */
export interface Who {
  userId: string
  tokenId: string | null
  sessionId: string | null
}
/** A socket outlives what let it in: so often it is asked again, when there is something to show. */
const RECHECK_MS = 60_000
/** The header in which the door above hands the viewer over. */
export const VIEWER_HEADER = "x-viberglass-viewer"
const TAG = "viewer"
const bye = (reason: "behind" | "revoked") => JSON.stringify({ type: "bye", reason })

/** The live stream of one job: events only after they are stored, each viewer from its own cursor, nobody waits for the slowest. */
export function createViewers(
  ctx: DurableObjectState,
  { ledger, now, mayLook }: { ledger: Ledger; now: () => number; mayLook: (who: Who) => Promise<boolean> },
) {
  const read = (socket: WebSocket): Viewer => socket.deserializeAttachment()

  function push(socket: WebSocket, viewer: Viewer, events: readonly Stored[]): void {
    const last = events.at(-1)
    if (!last) return
    const message = `{"type":"events","items":[${events.map(({ json }) => json).join(",")}]}`
    if (isBehind(viewer.backlog, now())) return part(socket, "behind")
    const backlog = withSent(viewer.backlog, { seq: last.seq, bytes: message.length, at: now() })
    socket.serializeAttachment({ ...viewer, sent: last.seq, backlog } satisfies Viewer)
    send(socket, message)
  }

  function part(socket: WebSocket, reason: "behind" | "revoked"): void {
    send(socket, bye(reason))
    close(socket, reason)
  }

  /** Nobody waits for the answer, and a database that does not answer closes nothing: the next events ask again. */
  function recheck(socket: WebSocket, viewer: Viewer): void {
    if (now() - viewer.checkedAt < RECHECK_MS) return
    socket.serializeAttachment({ ...viewer, checkedAt: now() } satisfies Viewer)
    mayLook(viewer.who).then(
      (may) => (may ? undefined : part(socket, "revoked")),
      () => undefined,
    )
  }

  return {
    open(request: Request, job: string): Response {
      const after = Math.max(0, Number(new URL(request.url).searchParams.get("after") ?? 0) || 0)
      const who: Who = JSON.parse(request.headers.get(VIEWER_HEADER) ?? "{}")
      const viewer: Viewer = { sent: after, backlog: [], who, checkedAt: now() }
      const { response, socket } = acceptSocket(ctx, TAG, viewer)
      send(socket, `{"type":"job","job":${job}}`)
      const missed = ledger.page(after, LIVE_LIMITS.replay)
      // More than one page to catch up with is fetched by HTTP, at the viewer's own pace.
      if (ledger.hasAfter(missed.at(-1)?.seq ?? after)) part(socket, "behind")
      else push(socket, viewer, missed)
      return response
    },

    /** Newly stored events to everybody who has all before them; who has not gets what is missing first. */
    tell(stored: readonly Stored[]): void {
      const first = stored[0]
      if (!first) return
      for (const socket of ctx.getWebSockets(TAG)) {
        recheck(socket, read(socket))
        const viewer = read(socket)
        const events = stored.filter(({ seq }) => seq > viewer.sent)
        if (viewer.sent < first.seq - 1) push(socket, viewer, ledger.page(viewer.sent, LIVE_LIMITS.replay))
        else push(socket, viewer, events)
      }
    },

    send(message: string): void {
      for (const socket of ctx.getWebSockets(TAG)) {
        recheck(socket, read(socket))
        send(socket, message)
      }
    },

    heard(socket: WebSocket, message: string | ArrayBuffer): void {
      const said = liveSaysSchema.safeParse(readMessage(message))
      if (!said.success) return close(socket, "only { type: 'ack', seq } is understood here")
      const viewer = read(socket)
      socket.serializeAttachment({ ...viewer, backlog: afterAck(viewer.backlog, said.data.seq) } satisfies Viewer)
    },
  }
}
export type Viewers = ReturnType<typeof createViewers>
