import type { ErrorCode, ErrorReply } from "#contract/errors.ts"

/** What a refused or lost request says. `fields` has a sentence for each field that was wrong. */
export class ApiError extends Error {
  readonly status: number
  readonly code: ErrorCode | "network" | "unknown"
  readonly detail: Readonly<Record<string, unknown>>
  readonly requestId: string | null

  constructor({
    status,
    code,
    message,
    detail = {},
    requestId = null,
  }: {
    status: number
    code: ApiError["code"]
    message: string
    detail?: Record<string, unknown> | undefined
    requestId?: string | null
  }) {
    super(message)
    this.name = "ApiError"
    this.status = status
    this.code = code
    this.detail = detail
    this.requestId = requestId
  }

  get fields(): Readonly<Record<string, string>> {
    const { fields } = this.detail
    if (typeof fields !== "object" || fields === null) return {}
    return Object.fromEntries(Object.entries(fields).map(([path, sentence]) => [path, String(sentence)]))
  }
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  request<T>("GET", path + search(query), signal ? { signal } : {})
export const put = <T>(path: string, body: unknown): Promise<T> => request<T>("PUT", path, { body })
export const patch = <T>(path: string, body: unknown): Promise<T> => request<T>("PATCH", path, { body })
export const del = <T = void>(path: string): Promise<T> => request<T>("DELETE", path)

/** A POST carries an Idempotency-Key, so that one lost on the way is sent again without making a second thing. */
export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  const options = { body, headers: { "idempotency-key": newKey() } }
  try {
    return await request<T>("POST", path, options)
  } catch (error) {
    if (error instanceof ApiError && error.code === "network") return request<T>("POST", path, options)
    throw error
  }
}

let whenSignedOut: () => void = () => undefined
/** Called for every 401: the session is over. */
export function onSignedOut(act: () => void): void {
  whenSignedOut = act
}

export function search(query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === null || value === "" ? [] : [[name, String(value)]],
  )
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`
}

interface RequestOptions {
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

async function request<T>(method: string, path: string, { body, headers, signal }: RequestOptions = {}): Promise<T> {
  const response = await send(path, {
    method,
    credentials: "same-origin",
    headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  })
  const said = await readBody(response)
  if (response.ok) return said
  throw refusalOf(path, response.status, said)
}

/** What a refused request is thrown as; for a 401 the session is over. */
export function refusalOf(path: string, status: number, said: Partial<ErrorReply> | string | undefined): ApiError {
  if (status === 401 && !path.startsWith("/api/auth/")) whenSignedOut()
  return toError(status, said)
}

export const unreachable = (): ApiError =>
  new ApiError({ status: 0, code: "network", message: "The server could not be reached. Check your connection, then try again." })

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error
    throw unreachable()
  }
}

/** Nothing for 204, the text for anything that is not JSON. The contract is trusted: the server checks what it sends. */
async function readBody(response: Response) {
  if (response.status === 204) return undefined
  if (response.headers.get("content-type")?.includes("json")) return response.json()
  return response.text()
}

function toError(status: number, said: Partial<ErrorReply> | string | undefined): ApiError {
  if (typeof said === "object" && said.error) return new ApiError({ status, ...said.error })
  return new ApiError({ status, code: "unknown", message: `The server answered ${status} without a reason. Try again in a moment.` })
}

/** `crypto.randomUUID` exists only on https and localhost; this works everywhere. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
