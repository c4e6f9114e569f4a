import type { Aws } from "./client.ts"

interface Page {
  events?: { message?: string }[]
  nextToken?: string | null
}
/** A search goes through a log in parts, and a part may be empty while the next one is not. */
const MOST_PAGES = 10

/**
 * What Lambda's platform wrote about one invocation, oldest first; `since` in epoch milliseconds. `complete` is false where the
 * log was not read to its end. Lines of the function's own are left out: only the platform's have a record with the id.
 * An unknown group throws `not-found`. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export async function platformLines(
  aws: Aws,
  region: string,
  { group, requestId, since }: { group: string; requestId: string; since: number },
): Promise<{ lines: string[]; complete: boolean }> {
  const filterPattern = `{ $.record.requestId = "${requestId.replaceAll(/[^\w-]/g, "")}" }`
  const lines: string[] = []
  let nextToken: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await search(aws, region, { logGroupName: group, filterPattern, startTime: since, ...(nextToken ? { nextToken } : {}) })
    lines.push(...(page.events ?? []).flatMap(({ message }) => message ?? []))
    nextToken = page.nextToken ?? undefined
    if (nextToken === undefined) return { lines, complete: true }
  }
  return { lines, complete: false }
}

/** Throws when the group may not be read, or is not there. */
export async function readLog(aws: Aws, region: string, group: string, now: number): Promise<void> {
  await search(aws, region, { logGroupName: group, startTime: now, limit: 1 })
}

const search = (aws: Aws, region: string, request: object) => aws.json<Page>("logs", "FilterLogEvents", region, request, true)
