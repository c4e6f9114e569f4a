// PURE: what becomes of the headers and of the key on the way to the provider and back.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http"
import type { Dialect } from "./dialects.ts"

/** Of one connection only (RFC 9110), or about a hop that is not the provider's business. */
const HOPS = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "host",
  "forwarded",
  "via",
  "x-real-ip",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
])
/** A credential belongs where the dialect has it and nowhere else. */
const CREDENTIALS = new Set(["authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"])

export interface Passage {
  headers: OutgoingHttpHeaders
  url: URL
}

/**
 * The request as the provider gets it: each placeholder replaced, where it stood, by the key it stands for. Null when a
 * placeholder is missing or anything else stands in the place of a key.
 */
export function toProvider({
  headers,
  url,
  dialect,
  keyOf,
}: {
  headers: IncomingHttpHeaders
  url: URL
  dialect: Dialect
  keyOf: (placeholder: string) => string | null
}): Passage | null {
  const passed: OutgoingHttpHeaders = withoutHops(headers)
  for (const name of CREDENTIALS) delete passed[name]
  // The answer is read along the way, and what is not packed need not be unpacked.
  passed["accept-encoding"] = "identity"
  const target = new URL(url)
  let keys = 0
  for (const name of dialect.keyHeaders) {
    const given = headers[name]
    if (given === undefined) continue
    const [, scheme = "", token = ""] = name === "authorization" ? (/^(bearer )(.*)$/i.exec(String(given)) ?? []) : ["", "", String(given)]
    const key = keyOf(token)
    if (key === null) return null
    passed[name] = `${scheme}${key}`
    keys += 1
  }
  for (const placeholder of dialect.keyQuery === null ? [] : url.searchParams.getAll(dialect.keyQuery)) {
    const key = keyOf(placeholder)
    if (key === null) return null
    target.searchParams.set(dialect.keyQuery ?? "", key)
    keys += 1
  }
  return keys === 0 ? null : { headers: passed, url: target }
}

/** The answer's headers as the agent gets them. Cookies of the provider would be credentials. */
export function toAgent(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const passed = withoutHops(headers)
  delete passed["set-cookie"]
  return passed
}

function withoutHops(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase())
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOPS.has(name) && !named.includes(name)))
}
