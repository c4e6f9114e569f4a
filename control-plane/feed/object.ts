import { DurableObject } from "cloudflare:workers"
import type { Changed } from "#contract/feed.ts"
import type { Bindings } from "../config.ts"
import { migrate } from "../durable/sql-migrations.ts"
import { acceptSocket, close, send } from "../durable/sockets.ts"
import { FEED_EVERYTHING, FEED_UNTIL, FEED_USER, type FeedStub } from "./stub.ts"

interface Attachment {
  user: string
  /** An admin of the installation: hears of every project. */
  everything: boolean
  /** After this, epoch milliseconds, nothing more is said here: the client logs in again or comes back. */
  until: number
}

/** A project that stands here is told of to these users alone; the row without a user marks one that nobody else has. */
const MIGRATIONS = [
  "CREATE TABLE audience (project_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (project_id, user_id)) WITHOUT ROWID",
]

/** One hibernating socket a browser; tells what changed, never what it is now: the client asks again for what it shows. */
export class FeedObject extends DurableObject<Bindings> implements FeedStub {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env)
    migrate(ctx.storage, MIGRATIONS)
  }

  async tell(changed: Changed): Promise<void> {
    const message = JSON.stringify(changed)
    const audience = changed.projectId === null ? null : this.#audience(changed.projectId)
    for (const socket of this.ctx.getWebSockets()) {
      const { user, everything, until }: Attachment = socket.deserializeAttachment()
      if (until <= Date.now()) close(socket, "expired")
      else if (audience === null || everything || audience.has(user)) send(socket, message)
    }
  }

  async restrict(projectId: string, userIds: readonly string[] | null): Promise<void> {
    const { sql } = this.ctx.storage
    this.ctx.storage.transactionSync(() => {
      sql.exec("DELETE FROM audience WHERE project_id = ?", projectId)
      for (const userId of userIds === null ? [] : ["", ...userIds])
        sql.exec("INSERT OR IGNORE INTO audience (project_id, user_id) VALUES (?, ?)", projectId, userId)
    })
  }

  async revoke(userId: string): Promise<void> {
    for (const socket of this.ctx.getWebSockets(userId)) close(socket, "revoked")
  }

  override async fetch(request: Request): Promise<Response> {
    const user = request.headers.get(FEED_USER) ?? ""
    const everything = request.headers.get(FEED_EVERYTHING) === "true"
    const attachment: Attachment = { user, everything, until: Number(request.headers.get(FEED_UNTIL)) }
    return acceptSocket(this.ctx, user, attachment).response
  }

  override webSocketClose(socket: WebSocket): void {
    close(socket, "bye")
  }

  /** Null: everyone. */
  #audience(projectId: string): ReadonlySet<unknown> | null {
    const rows = this.ctx.storage.sql.exec("SELECT user_id FROM audience WHERE project_id = ?", projectId).toArray()
    return rows.length === 0 ? null : new Set(rows.map((row) => row["user_id"]))
  }
}
