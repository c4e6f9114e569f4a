// PURE: what a user may do in which project.
import type { Visibility } from "#contract/projects.ts"
import { type Role, ROLES } from "#contract/users.ts"

/** A project that says more about a user than their role in the installation does. */
export interface Standing {
  projectId: string
  visibility: Visibility
  granted: Role | null
}
export interface Rights {
  /** Projects that the user does not see at all. */
  hidden: readonly string[]
  /** Role in the project where it differs from the one in the installation. */
  roles: Readonly<Record<string, Role>>
}

/**
 * An admin may do everything everywhere. In a project for everyone a grant can only add to the role in the installation; in
 * one for members the grant alone counts, and without one the project is not there.
 */
export function rightsOf(role: Role, standings: readonly Standing[]): Rights {
  if (role === "admin") return { hidden: [], roles: {} }
  const hidden = standings.filter(({ visibility, granted }) => visibility === "members" && granted === null)
  const roles = standings.flatMap(({ projectId, visibility, granted }): [string, Role][] => {
    if (granted === null) return []
    const counts = visibility === "members" || isAtLeast(granted, role) ? granted : role
    return counts === role ? [] : [[projectId, counts]]
  })
  return { hidden: hidden.map(({ projectId }) => projectId), roles: Object.fromEntries(roles) }
}

/** Null: this project does not exist for this user. */
export function roleIn(role: Role, { hidden, roles }: Rights, projectId: string): Role | null {
  return hidden.includes(projectId) ? null : (roles[projectId] ?? role)
}

/** The best role that a user has anywhere. */
export const bestRole = (role: Role, { roles }: Rights): Role =>
  Object.values(roles).reduce((best, other) => (isAtLeast(other, best) ? other : best), role)

export const isAtLeast = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed)
