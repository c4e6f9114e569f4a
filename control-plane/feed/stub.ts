import type { Changed } from "#contract/feed.ts"
import type { Bindings } from "../config.ts"

export interface FeedStub {
  tell(changed: Changed): Promise<void>
  fetch(request: Request): Promise<Response>
}

declare module "../config.ts" {
  interface Bindings {
    FEED: ObjectNamespace<FeedStub>
  }
}

export const feedObject = (env: Bindings): FeedStub => env.FEED.get(env.FEED.idFromName("installation"))
