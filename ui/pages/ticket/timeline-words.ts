// PURE: what a timeline's entries say. A new act does not build without its words.
import type { TerminalStatus } from "#contract/jobs.ts"
import type { TimelineAct, TimelineEntry } from "#contract/tickets.ts"

type Detail = TimelineEntry["detail"]
type Words = (detail: Detail) => string

const WORDS = {
  created: () => "filed the ticket",
  updated: (detail) => `changed ${listOf(detail["fields"])}`,
  resolved: () => "resolved the ticket",
  reopened: () => "reopened the ticket",
  archived: () => "archived the ticket",
  unarchived: () => "brought the ticket back from the archive",
  overridden: () => "opened execution without an approved plan",
  "attachment-added": (detail) => `attached ${textOf(detail["name"]) ?? "a file"}`,
  "attachment-removed": (detail) => `removed ${textOf(detail["name"]) ?? "a file"}`,
  "phase-started": (detail) => `started ${phaseOf(detail)}${by(detail)}`,
  "phase-retried": (detail) => `retried ${phaseOf(detail)}${by(detail)}`,
  "phase-ended": (detail) => `${statusOf(detail)} ${phaseOf(detail)}`,
  "start-refused": (detail) => `could not have ${phaseOf(detail)} started by itself`,
  "revision-requested": (detail) => `asked for a revision of the ${documentOf(detail)}${by(detail)}`,
  "revision-retried": (detail) => `asked again for a revision of the ${documentOf(detail)}${by(detail)}`,
  "revision-ended": (detail) => `${statusOf(detail)} the revision of the ${documentOf(detail)}`,
  "document-written": (detail) => `wrote ${revisionOf(detail)}the ${documentOf(detail)} by hand`,
  "approval-requested": (detail) => `asked for approval of ${revisionOf(detail)}the ${documentOf(detail)}`,
  approved: (detail) => `approved ${revisionOf(detail)}the ${documentOf(detail)}`,
  rejected: (detail) => `rejected ${revisionOf(detail)}the ${documentOf(detail)}`,
  "approval-revoked": (detail) => `took ${revisionOf(detail)}the ${documentOf(detail)} back to draft`,
  "comment-added": (detail) => `commented on ${lineOf(detail)}the ${documentOf(detail)}`,
  "comment-edited": (detail) => `changed a comment on ${lineOf(detail)}the ${documentOf(detail)}`,
  "comment-deleted": (detail) => `deleted a comment on ${lineOf(detail)}the ${documentOf(detail)}`,
  "comment-resolved": (detail) => `resolved a comment on ${lineOf(detail)}the ${documentOf(detail)}`,
  "comment-reopened": (detail) => `opened a comment on ${lineOf(detail)}the ${documentOf(detail)} again`,
  "pull-request-merged": () => "merged the pull request",
  "pull-request-closed": () => "closed the pull request",
  "pull-request-reopened": () => "reopened the pull request",
} as const satisfies Record<TimelineAct, Words>

/** An act that this release does not know is shown in the server's word. */
export function wordsOf({ act, detail }: Pick<TimelineEntry, "act" | "detail">): string {
  return isKnown(act) ? WORDS[act](detail) : act.replaceAll("-", " ")
}

/** What somebody said with it, or why it went as it did. */
export const saidIn = ({ detail }: Pick<TimelineEntry, "detail">): string | undefined =>
  textOf(detail["comment"]) ?? textOf(detail["reason"]) ?? textOf(detail["feedback"]) ?? textOf(detail["message"])

export const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

const isKnown = (act: string): act is TimelineAct => Object.hasOwn(WORDS, act)
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined)
const listOf = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(", ") : "the ticket")
const phaseOf = (detail: Detail): string => textOf(detail["phase"]) ?? "a phase"
const documentOf = (detail: Detail): string => (detail["phase"] === "planning" ? "plan" : "research")
const by = (detail: Detail): string => {
  const clanker = textOf(detail["clanker"])
  return clanker === undefined ? "" : ` by ${clanker}`
}
const revisionOf = (detail: Detail): string => {
  const revision = numberOf(detail["revision"])
  return revision === undefined ? "" : `revision ${revision} of `
}
const lineOf = (detail: Detail): string => {
  const line = numberOf(detail["line"])
  return line === undefined ? "" : `line ${line} of `
}
/** Who acts here is the clanker. */
const ENDS = { succeeded: "finished", failed: "failed at", cancelled: "was stopped at" } as const satisfies Record<TerminalStatus, string>
const statusOf = ({ status }: Detail): string => (isEnd(status) ? ENDS[status] : "ended")
const isEnd = (status: unknown): status is TerminalStatus => typeof status === "string" && Object.hasOwn(ENDS, status)
