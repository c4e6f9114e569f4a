import { DurableObject } from "cloudflare:workers"
import type { Changed } from "#contract/feed.ts"
import type { Bindings } from "../config.ts"
import { acceptSocket, close, send } from "../durable/sockets.ts"
import type { FeedStub } from "./stub.ts"

/** One hibernating socket a browser; tells what changed, never what it is now: the client asks again for what it shows. */
export class FeedObject extends DurableObject<Bindings> implements FeedStub {
  async tell(changed: Changed): Promise<void> {
    const message = JSON.stringify(changed)
    for (const socket of this.ctx.getWebSockets()) send(socket, message)
  }

  async revoke(userId: string): Promise<void> {
    for (const socket of this.ctx.getWebSockets(userId)) close(socket, "revoked")
  }

  override async fetch(request: Request): Promise<Response> {
    const user = request.headers.get("x-viberglass-user") ?? ""
    return acceptSocket(this.ctx, user, { user }).response
  }

  override webSocketClose(socket: WebSocket): void {
    close(socket, "bye")
  }
}
