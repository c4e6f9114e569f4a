import { queryOptions } from "@tanstack/solid-query"
import type { Member } from "#contract/projects.ts"
import type { Person, Role } from "#contract/users.ts"
import { touch } from "./actions.ts"
import { del, get, type Page, patch, post, put } from "./client.ts"
import { keys } from "./keys.ts"
import { meQuery } from "./queries.ts"
import { queryClient } from "./query-client.ts"

export const usersQuery = (cursor: string) =>
  queryOptions({ queryKey: [...keys.user.list, cursor], queryFn: () => get<Page<Person>>("/api/users", { limit: 50, cursor }) })

/** Everybody, in as many pages as it takes, by name: to choose from. */
export const everybodyQuery = () =>
  queryOptions({
    queryKey: [...keys.user.list, "everybody"],
    queryFn: async () => {
      const people: Person[] = []
      for (let cursor: string | null = ""; cursor !== null;) {
        const page: Page<Person> = await get("/api/users", { limit: 200, cursor })
        people.push(...page.items)
        cursor = page.nextCursor
      }
      return people.sort((a, b) => a.name.localeCompare(b.name))
    },
  })

export interface NewUser {
  name: string
  email: string
  role: Role
  password: string
}

export async function addUser(user: NewUser): Promise<Person> {
  return changed(await post<Person>("/api/users", user))
}

export async function editUser(id: string, changes: Partial<Omit<NewUser, "email">> & { disabled?: boolean }): Promise<Person> {
  return changed(await patch<Person>(`/api/users/${id}`, changes))
}

/** Every other session of one's own ends with it. */
export async function changePassword(currentPassword: string, newPassword: string): Promise<void> {
  await post("/api/auth/change-password", { currentPassword, newPassword, revokeOtherSessions: true })
}

/** A part of the project's key: what the feed says of the project asks for these again. */
export const membersQuery = (projectId: string) =>
  queryOptions({ queryKey: membersKey(projectId), queryFn: () => get<Page<Member>>(`/api/projects/${projectId}/members`) })

export async function putMember(projectId: string, userId: string, role: Role): Promise<Member> {
  const member = await put<Member>(`/api/projects/${projectId}/members/${userId}`, { role })
  await touch(membersKey(projectId))
  void touch(keys.project.all)
  return member
}

export async function removeMember(projectId: string, userId: string): Promise<void> {
  await del(`/api/projects/${projectId}/members/${userId}`)
  await touch(membersKey(projectId))
  void touch(keys.project.all)
}

const membersKey = (projectId: string) => [...keys.project.one(projectId), "members"]

function changed(person: Person): Person {
  // One's own name and role stand in the sidebar; members' names in their projects.
  if (queryClient.getQueryData(meQuery().queryKey)?.id === person.id) void touch(keys.me)
  void touch(keys.user.all, keys.project.all)
  return person
}
