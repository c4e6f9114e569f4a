/** Why a request was refused, in the caller's terms. The HTTP status follows from it in `http/reply.ts` and nowhere else. */
export type ErrorKind =
  | "malformed"
  | "unauthenticated"
  | "forbidden"
  | "missing"
  | "conflict"
  | "gone"
  | "too-large"
  | "refused"
  | "protocol"
  | "too-many"
  | "outside"
  | "unavailable"
  | "bug"

/** The closed list of error codes, each with its kind. Clients switch on the code; the message is for people. */
export const ERROR_CODES = {
  "request.malformed": "malformed",
  "request.invalid": "refused",
  "request.too-large": "too-large",
  "user.email-taken": "conflict",
  "user.last-admin": "conflict",
  "rate.limited": "too-many",
  "auth.required": "unauthenticated",
  "auth.forbidden": "forbidden",
  "not-found": "missing",
  "idempotency.conflict": "conflict",
  "version.stale": "conflict",
  "clanker.not-active": "conflict",
  "clanker.in-use": "conflict",
  "clanker.has-jobs": "conflict",
  "clanker.secrets-missing": "conflict",
  "deployment.incomplete": "refused",
  "secret.in-use": "conflict",
  "secret.name-taken": "conflict",
  "secret.unreadable": "bug",
  "project.not-ready": "conflict",
  "project.key-taken": "conflict",
  "project.key-fixed": "conflict",
  "project.archived": "conflict",
  "project.budget-spent": "conflict",
  "project.members-full": "conflict",
  "project.has-jobs": "conflict",
  "ticket.job-unfinished": "conflict",
  "ticket.archived": "conflict",
  "attachment.too-many": "conflict",
  "phase.not-reached": "conflict",
  "phase.not-approved": "conflict",
  "claw.name-taken": "conflict",
  "claw.has-schedules": "conflict",
  "claw.busy": "conflict",
  "override.exists": "conflict",
  "document.none": "missing",
  "document.stale": "conflict",
  "approval.own": "forbidden",
  "comment.not-current": "conflict",
  "comment.too-many": "conflict",
  "job.ended": "conflict",
  "job.not-ended": "conflict",
  "job.not-retryable": "conflict",
  "event.invalid": "refused",
  "event.too-large": "too-large",
  "artifact.too-large": "too-large",
  "artifact.too-many": "conflict",
  "already-claimed": "conflict",
  "already-ended": "conflict",
  "not-claimed": "conflict",
  "events-missing": "conflict",
  "attempt.stale": "gone",
  "protocol.unsupported": "protocol",
  "config.invalid": "unavailable",
  "outside.failed": "outside",
  internal: "bug",
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERROR_CODES

/** The one reply shape of every refused request. `detail.fields` maps a field's path to a sentence. */
export interface ErrorReply {
  error: { code: ErrorCode; message: string; detail?: Record<string, unknown>; requestId: string }
}
