import type { z } from "zod"
import type { hostSaysSchema, hostToldSchema, runArgsSchema } from "./host.schema.ts"

export const HOST_PROTOCOL = 1
export type HostSays = z.infer<typeof hostSaysSchema>
export type HostTold = z.infer<typeof hostToldSchema>
export type HostCall = Extract<HostTold, { type: "call" }>
export type HostVerb = HostCall["verb"]
export type RunArgs = z.infer<typeof runArgsSchema>
/** Plain-text ping that the platform answers without waking the object. */
export const HOST_PING = "ping"
export const HOST_PONG = "pong"
/** How often a host pings, and how old its last pong may be before it counts as away. */
export const HOST_PING_MS = 20_000
export const HOST_AWAY_MS = 70_000
