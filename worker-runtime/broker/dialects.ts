// PURE: what the broker has to know of the three ways to talk to a model: which requests are calls, where a key stands, and
// how an error looks.
import type { Broker } from "../agents/agent.ts"

export type DialectName = Broker["dialect"]

export interface Dialect {
  routes: readonly Route[]
  /** Headers in which a key may stand; `authorization` carries it as a bearer. */
  keyHeaders: readonly string[]
  /** A query parameter in which a key may stand. */
  keyQuery: string | null
  error(trouble: Trouble): unknown
}

export interface Route {
  method: "GET" | "POST"
  /** The path below the base URL, as a whole. */
  path: RegExp
  /** A call that costs money and whose answer says how much. */
  counts: boolean
  /** A body in which the usage of a stream has to be asked for. */
  asksUsage?: boolean
}

export type Trouble = { status: TroubleStatus; message: string }
type TroubleStatus = keyof typeof NAMES

const NAMES = {
  401: { anthropic: "authentication_error", openai: "invalid_api_key", gemini: "UNAUTHENTICATED" },
  402: { anthropic: "billing_error", openai: "insufficient_quota", gemini: "RESOURCE_EXHAUSTED" },
  404: { anthropic: "not_found_error", openai: "not_found", gemini: "NOT_FOUND" },
  413: { anthropic: "request_too_large", openai: "request_too_large", gemini: "INVALID_ARGUMENT" },
  502: { anthropic: "api_error", openai: "server_error", gemini: "UNAVAILABLE" },
} as const

const ID = "[\\w.:@/-]+"

export const DIALECTS = {
  anthropic: {
    routes: [
      { method: "POST", path: /^\/v1\/messages$/, counts: true },
      { method: "POST", path: /^\/v1\/messages\/count_tokens$/, counts: false },
      { method: "GET", path: new RegExp(`^/v1/models(/${ID})?$`), counts: false },
    ],
    keyHeaders: ["x-api-key", "authorization"],
    keyQuery: null,
    error: ({ status, message }) => ({ type: "error", error: { type: NAMES[status].anthropic, message } }),
  },
  openai: {
    routes: [
      { method: "POST", path: /^\/chat\/completions$/, counts: true, asksUsage: true },
      { method: "POST", path: /^\/responses(\/compact)?$/, counts: true },
      { method: "GET", path: new RegExp(`^/models(/${ID})?$`), counts: false },
    ],
    keyHeaders: ["authorization"],
    keyQuery: null,
    error: ({ status, message }) => ({ error: { message, type: NAMES[status].openai, param: null, code: NAMES[status].openai } }),
  },
  gemini: {
    routes: [
      { method: "POST", path: /^\/v1(beta|alpha)?\/models\/[\w.-]+:(generateContent|streamGenerateContent)$/, counts: true },
      { method: "POST", path: /^\/v1(beta|alpha)?\/models\/[\w.-]+:countTokens$/, counts: false },
      { method: "GET", path: /^\/v1(beta|alpha)?\/models(\/[\w.-]+)?$/, counts: false },
    ],
    keyHeaders: ["x-goog-api-key"],
    keyQuery: "key",
    error: ({ status, message }) => ({ error: { code: status, message, status: NAMES[status].gemini } }),
  },
} as const satisfies Record<DialectName, Dialect>

export interface Asked {
  route: Route
  /** Where the call goes, with its query. */
  url: URL
}

/**
 * The upstream address of a request, or null when it is none of the dialect's. `target` is what stands in the request line:
 * an address of somebody else, a path that climbs out of the base, and whatever the dialect does not need are refused.
 */
export function routeOf({ dialect, base, method, target }: { dialect: Dialect; base: URL; method: string; target: string }): Asked | null {
  if (!target.startsWith("/")) return null
  const text = `${base.origin}${target}`
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  url.hash = ""
  const folder = base.pathname.replace(/\/+$/, "")
  if (url.origin !== base.origin || !url.pathname.startsWith(`${folder}/`)) return null
  const path = url.pathname.slice(folder.length)
  const route = dialect.routes.find((one) => one.method === method && one.path.test(path))
  return route === undefined ? null : { route, url }
}
