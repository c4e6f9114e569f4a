import type { Changed } from "#contract/feed.ts"
import type { Bindings } from "../config.ts"

export interface FeedStub {
  tell(changed: Changed): Promise<void>
  /** From now on what changes in this project is told to these users and to admins alone; null: to everyone. */
  restrict(projectId: string, userIds: readonly string[] | null): Promise<void>
  /** Closes the sockets of a user who signed out or lost a token; whoever may still come back does. */
  revoke(userId: string): Promise<void>
  fetch(request: Request): Promise<Response>
}

declare module "../config.ts" {
  interface Bindings {
    FEED: ObjectNamespace<FeedStub>
  }
}

/** Who connects, whether they hear of every project, and until when; set by the Worker alone, after it has asked who calls. */
export const FEED_USER = "x-viberglass-user"
export const FEED_EVERYTHING = "x-viberglass-everything"
export const FEED_UNTIL = "x-viberglass-until"

export const feedObject = (env: Bindings): FeedStub => env.FEED.get(env.FEED.idFromName("installation"))
