import { queryOptions } from "@tanstack/solid-query"
import type { Host } from "#contract/hosts.ts"
import { touch } from "./actions.ts"
import { del, get, type Page, post } from "./client.ts"
import { keys } from "./keys.ts"

export const hostsQuery = () => queryOptions({ queryKey: keys.host.list, queryFn: () => get<Page<Host>>("/api/hosts", { limit: 200 }) })

/** The command carries the host's token: it is answered once and kept nowhere. */
export interface RegisteredHost {
  id: string
  token: string
  command: string
}

export async function registerHost(name: string): Promise<RegisteredHost> {
  const registered = await post<RegisteredHost>("/api/hosts", { name })
  void touch(keys.host.list)
  return registered
}

export async function revokeHost(id: string): Promise<void> {
  await del(`/api/hosts/${id}`)
  void touch(keys.host.list, keys.clanker.all)
}
