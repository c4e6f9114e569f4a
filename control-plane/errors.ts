import { ERROR_CODES, type ErrorCode, type ErrorKind } from "#contract/errors.ts"

/** The caller did or asked something that is answered with a reason. Everything else that is thrown is a bug. Knows no HTTP. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly kind: ErrorKind
  readonly detail: Record<string, unknown> | undefined

  constructor(code: ErrorCode, message: string, detail?: Record<string, unknown>) {
    super(message)
    this.name = "AppError"
    this.code = code
    this.kind = ERROR_CODES[code]
    this.detail = detail
  }
}

export const notFound = (what: string) => new AppError("not-found", `There is no such ${what}.`)

/** One refused field of a body, by its path. */
export const invalid = (field: string, sentence: string) =>
  new AppError("request.invalid", `${field} ${sentence}`, { fields: { [field]: sentence } })

/** Makes a forgotten case of a union a compile error. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}

/** What a caught thing says, for a log line or a failure's detail. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // The database layer's own message repeats every bound value, secrets' ciphertexts and documents among them.
  return error.message.startsWith("Failed query:")
    ? `database: ${error.cause === undefined ? "no cause" : wordsOf(error.cause)}`
    : error.message
}
