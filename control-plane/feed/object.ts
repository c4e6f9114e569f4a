import { DurableObject } from "cloudflare:workers"
import type { Changed } from "#contract/feed.ts"
import type { Bindings } from "../config.ts"
import { acceptSocket, close, send } from "../durable/sockets.ts"
import { FEED_UNTIL, FEED_USER, type FeedStub } from "./stub.ts"

interface Attachment {
  user: string
  /** After this, epoch milliseconds, nothing more is said here: the client logs in again or comes back. */
  until: number
}

/** One hibernating socket a browser; tells what changed, never what it is now: the client asks again for what it shows. */
export class FeedObject extends DurableObject<Bindings> implements FeedStub {
  async tell(changed: Changed): Promise<void> {
    const message = JSON.stringify(changed)
    for (const socket of this.ctx.getWebSockets()) {
      const { until }: Attachment = socket.deserializeAttachment()
      if (until > Date.now()) send(socket, message)
      else close(socket, "expired")
    }
  }

  async revoke(userId: string): Promise<void> {
    for (const socket of this.ctx.getWebSockets(userId)) close(socket, "revoked")
  }

  override async fetch(request: Request): Promise<Response> {
    const user = request.headers.get(FEED_USER) ?? ""
    const attachment: Attachment = { user, until: Number(request.headers.get(FEED_UNTIL)) }
    return acceptSocket(this.ctx, user, attachment).response
  }

  override webSocketClose(socket: WebSocket): void {
    close(socket, "bye")
  }
}
