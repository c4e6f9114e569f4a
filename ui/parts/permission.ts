import { useQuery } from "../api/use-query.ts"
import { meQuery, projectQuery, projectsQuery } from "../api/queries.ts"
import type { Role } from "#contract/users.ts"
import { dataOf } from "./loaded.tsx"

interface Permission {
  /** Why the person may not do what only admins do; null when they may, or while that is not known. */
  adminReason: () => string | null
  /** Why they may not do what members of the installation do. */
  memberReason: () => string | null
  /** Why they may not change anything, in no project either. */
  writeReason: () => string | null
}

/** The server decides; this only says so before somebody tries. */
export function usePermission(): Permission {
  const me = useQuery(meQuery)
  const role = () => dataOf(me)?.role ?? "admin"
  // A role in a project counts for whom the installation lets only read.
  const projects = useQuery(() => ({ ...projectsQuery(), enabled: role() === "viewer" }))
  const writesNowhere = () => role() === "viewer" && dataOf(projects)?.items.every((project) => project.role === "viewer") === true
  return {
    adminReason: () => (role() === "admin" ? null : "Only an admin may do this."),
    memberReason: () => (role() === "viewer" ? "Only members and admins of the installation may do this." : null),
    writeReason: () => (writesNowhere() ? "Viewers only read." : null),
  }
}

interface ProjectPermission {
  /** Why the person may not change anything in this project. */
  writeReason: () => string | null
  /** Why they may not decide who is in it. */
  manageReason: () => string | null
}

/** What the role in a project allows, where the project itself is not at hand. Nothing is refused while it is not known, or for no project. */
export function useProjectPermission(projectId: () => string | null | undefined): ProjectPermission {
  const project = useQuery(() => ({ ...projectQuery(projectId() ?? ""), enabled: Boolean(projectId()) }))
  const role = () => (projectId() ? dataOf(project)?.role : null) ?? "admin"
  return { writeReason: () => whyNotWrite(role()), manageReason: () => whyNotManage(role()) }
}

export const whyNotWrite = (role: Role): string | null => (role === "viewer" ? "In this project you may only read." : null)

export const whyNotManage = (role: Role): string | null =>
  role === "admin" ? null : "Only admins of this project or of the installation may do this."
