import type { Common } from "./read.ts"

/** Tags of one thing: the stack's, and its name as AWS's console shows it. */
export const namedBy =
  ({ environment, tags }: Pick<Common, "environment" | "tags">) =>
  (name: string): { tags: Record<string, string> } => ({ tags: { ...tags, Name: `viberglass-${environment}-${name}` } })
