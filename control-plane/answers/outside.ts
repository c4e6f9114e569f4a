import { type Context, overrides } from "../context.ts"
import { callOutside } from "../outside.ts"

/** Calls an address that a person typed, as far as this installation may; `limitMs` until the headers are there. Throws OutsideError. */
export function callTyped({ config }: Context, url: string, { limitMs, ...init }: RequestInit & { limitMs: number }): Promise<Response> {
  return callOutside(url, init, { allow: config.outboundAllow, limitMs, fetch: overrides.fetch, resolve: overrides.resolve })
}
