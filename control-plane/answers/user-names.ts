import type { Context } from "../context.ts"
import { listed } from "../db/client.ts"
import { peopleQuery } from "../users/people.ts"

/** By id; who is gone is not in it. */
export async function userNames(context: Context, ids: readonly string[]): Promise<Map<string, string>> {
  const people = await peopleQuery(context, listed([...new Set(ids)]))
  return new Map(people.map(({ id, name }) => [id, name]))
}
