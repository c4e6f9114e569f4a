// PURE: how a change is described to people: title, commit message, pull request.
import type { AgentUsage, TestRun } from "../facts.ts"

const SUBJECT_LENGTH = 72
const SUMMARY_LENGTH = 10_000
const LISTED_FILES = 50

export interface Description {
  title: string
  summary: string
}

export interface DescriptionSource {
  /** What the agent wrote for the pull request: first line title, rest body. */
  pullRequestText: string | null
  lastMessage: string
  ticket: { ticketKey?: string | undefined; title?: string | undefined }
}

/** The agent's own words when it left some, else the ticket's title and the agent's last message. */
export function describeChange({ pullRequestText, lastMessage, ticket }: DescriptionSource): Description {
  const [first = "", ...rest] = (pullRequestText ?? "").split("\n")
  const written = plainLine(first)
  const fallback = plainLine(ticket.title ?? "") || plainLine(ticket.ticketKey ?? "") || "change by the agent"
  return {
    title: conventional(written || fallback),
    summary: plainText(written === "" ? lastMessage : rest.join("\n"))
      .trim()
      .slice(0, SUMMARY_LENGTH),
  }
}

/** git refuses a NUL in a message. Replaced, not removed: what a control character keeps apart could be a secret joined. */
function plainText(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t\n\r]/gu, "\uFFFD")
}

function plainLine(line: string): string {
  return line
    .replace(/^#+\s*/, "")
    .replace(/^title:\s*/i, "")
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
}

const CONVENTIONAL = /^[a-z]+(?:\([^)]+\))?!?: \S/

/** `type: subject` in at most 72 characters; a type is guessed from the words when there is none. */
function conventional(title: string): string {
  if (CONVENTIONAL.test(title)) return cutWords(title)
  const type = /\b(?:fix|bug|correct|repair|crash|broken|wrong|fail)/i.test(title)
    ? "fix"
    : /\b(?:docs?|readme|comment)/i.test(title)
      ? "docs"
      : "feat"
  return cutWords(`${type}: ${/^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title}`)
}

function cutWords(text: string): string {
  if (text.length <= SUBJECT_LENGTH) return text
  const cut = text.slice(0, SUBJECT_LENGTH)
  const space = cut.lastIndexOf(" ")
  return (space > SUBJECT_LENGTH / 2 ? cut.slice(0, space) : cut).replace(/[\s.,;:–—-]+$/, "")
}

export interface Origin {
  ticketKey?: string | undefined
  jobId: string
  clanker: string
  requestedBy?: string | undefined
}

/** Subject, summary, trailers: `Ticket:` `Job:` `Clanker:` and who asked for it. */
export function commitMessage({ title, summary }: Description, { ticketKey, jobId, clanker, requestedBy }: Origin): string {
  const trailers = [
    ...(ticketKey === undefined ? [] : [`Ticket: ${oneLine(ticketKey)}`]),
    `Job: ${oneLine(jobId)}`,
    `Clanker: ${oneLine(clanker)}`,
    ...requester(requestedBy),
  ]
  return `${[title, ...(summary === "" ? [] : [summary]), trailers.join("\n")].join("\n\n")}\n`
}

function requester(who: string | undefined): string[] {
  if (who === undefined || oneLine(who) === "") return []
  const name = oneLine(who)
  if (/^[^<>]+ <[^<>\s]+@[^<>\s]+>$/.test(name)) return [`Co-authored-by: ${name}`]
  if (/^[^<>\s]+@[^<>\s]+$/.test(name)) return [`Co-authored-by: ${name.slice(0, name.indexOf("@"))} <${name}>`]
  return [`Requested-by: ${name}`]
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, " ").trim()
}

export interface PullRequestBody {
  description: Description
  files: readonly string[]
  tests: TestRun | null
  usage: AgentUsage
  origin: Origin
  agent: string
}

export function pullRequestBody({ description: { summary }, files, tests, usage, origin, agent }: PullRequestBody): string {
  const listed = files.slice(0, LISTED_FILES).map((path) => `- \`${path.replaceAll("`", "'")}\``)
  const more = files.length > LISTED_FILES ? [`- and ${files.length - LISTED_FILES} more`] : []
  const sections = [
    summary,
    files.length === 0 ? "" : `## Changes\n${[...listed, ...more].join("\n")}`,
    tests === null
      ? ""
      : `## Tests\n\`${tests.command.replaceAll("`", "'")}\` ${tests.exitCode === 0 ? "passed" : `failed with exit code ${tests.exitCode}`}`,
    `---\n${[...(origin.ticketKey === undefined ? [] : [`Ticket ${origin.ticketKey}`]), `job \`${origin.jobId}\``, `clanker ${origin.clanker} (${agent})`, ...costOf(usage)].join(" · ")}`,
  ]
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`
}

/** Nothing when the agent did not run: its work was paid for by another job. */
function costOf({ inputTokens, outputTokens, costUsd }: AgentUsage): string[] {
  if (inputTokens + outputTokens === 0) return []
  const tokens = `${inputTokens + outputTokens} tokens`
  return [costUsd === null || costUsd === 0 ? tokens : `${tokens}, $${costUsd.toFixed(2)}`]
}
