import type { ErrorKind, ErrorReply } from "#contract/errors.ts"
import { AppError } from "../errors.ts"
import type { Log } from "../log.ts"

/** The one place where an error's kind becomes a status. */
const STATUS = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  gone: 410,
  "too-large": 413,
  refused: 422,
  protocol: 426,
  "too-many": 429,
  bug: 500,
  outside: 502,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>

export const statusOf = (error: AppError): (typeof STATUS)[ErrorKind] => STATUS[error.kind]

/** Told errors are answered with their words; everything else is a bug: logged whole, answered bare. */
export function errorReply(error: unknown, requestId: string, log: Log): { status: (typeof STATUS)[ErrorKind]; body: ErrorReply } {
  const told = error instanceof AppError && error.kind !== "bug" ? error : null
  if (!told) log.error("request.failed", error, { requestId })
  const { code, message, detail } =
    told ?? new AppError("internal", "Something went wrong inside the product; its log names the cause under this request id.")
  return { status: told ? statusOf(told) : 500, body: { error: { code, message, ...(detail ? { detail } : {}), requestId } } }
}
