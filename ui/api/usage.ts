import { queryOptions } from "@tanstack/solid-query"
import type { Usage } from "#contract/usage.ts"
import { get, type Query } from "./client.ts"
import { keys } from "./keys.ts"

/** Under the jobs' key: whatever a job does touches it. */
export const usageQuery = (filter: Query) =>
  queryOptions({ queryKey: [...keys.job.list, "usage", filter], queryFn: () => get<Usage>("/api/usage", filter) })
