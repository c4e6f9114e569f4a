import type { Aws } from "./client.ts"

/** Log lines that hold a text, oldest first, at most 100; `since` in epoch milliseconds. An unknown group throws `not-found`. */
export async function linesWith(
  aws: Aws,
  region: string,
  { group, text, since }: { group: string; text: string; since: number },
): Promise<string[]> {
  // A quoted pattern is looked for as it stands, wherever in the line.
  const filterPattern = `"${text.replaceAll('"', "")}"`
  const request = { logGroupName: group, filterPattern, startTime: since, limit: 100 }
  const { events = [] } = await aws.json<{ events?: { message?: string }[] }>("logs", "FilterLogEvents", region, request, true)
  return events.flatMap(({ message }) => (message === undefined ? [] : [message]))
}
