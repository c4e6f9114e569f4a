import { queryOptions } from "@tanstack/solid-query"
import type { AuditEntry } from "#contract/audit.ts"
import { get, type Page, type Query } from "./client.ts"

/** Asked anew with each visit: whatever anybody does adds to it, and the feed has no word for it. */
export const auditQuery = (filter: Query) =>
  queryOptions({ queryKey: ["audit", filter], queryFn: () => get<Page<AuditEntry>>("/api/audit", { limit: 50, ...filter }), staleTime: 0 })
