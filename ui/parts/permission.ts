import { useQuery } from "../api/use-query.ts"
import { meQuery } from "../api/queries.ts"
import { dataOf } from "./loaded.tsx"

interface Permission {
  /** Why the person may not do what only admins do; null when they may, or while that is not known. */
  adminReason: () => string | null
  /** Why the person may not change anything. */
  writeReason: () => string | null
}

/** The server decides; this only says so before somebody tries. */
export function usePermission(): Permission {
  const me = useQuery(meQuery)
  const role = () => dataOf(me)?.role ?? "admin"
  return {
    adminReason: () => (role() === "admin" ? null : "Only an admin may do this."),
    writeReason: () => (role() === "viewer" ? "Viewers only read." : null),
  }
}
