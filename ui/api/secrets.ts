import { queryOptions } from "@tanstack/solid-query"
import type { Secret, SecretLocation } from "#contract/secrets.ts"
import { touch } from "./actions.ts"
import { del, get, type Page, post, put } from "./client.ts"
import { keys } from "./keys.ts"

/** Those of the installation and of every project; `projectId` says which. */
export const secretsQuery = () =>
  queryOptions({ queryKey: keys.secret.list, queryFn: () => get<Page<Secret>>("/api/secrets", { limit: 200 }) })

export interface NewSecret {
  name: string
  location: SecretLocation
  value?: string
  reference?: string
  projectId?: string
}

export async function createSecret(secret: NewSecret): Promise<Secret> {
  const created = await post<Secret>("/api/secrets", secret)
  // Whoever opened the form wants to pick the new one at once.
  await touch(keys.secret.list)
  void touch(keys.project.all)
  return created
}

export async function rotateSecret(id: string, value: string): Promise<Secret> {
  const rotated = await put<Secret>(`/api/secrets/${id}`, { value })
  void touch(keys.secret.all)
  return rotated
}

export async function deleteSecret(id: string): Promise<void> {
  await del(`/api/secrets/${id}`)
  void touch(keys.secret.all, keys.project.all)
}
