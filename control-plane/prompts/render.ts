// PURE: a template and its values become a prompt.
import Mustache, { type TemplateSpans } from "mustache"
import { PROMPT_VARIABLES, type PromptVariable } from "#contract/prompts.ts"
import { fence, oneLine } from "./untrusted.ts"

export type PromptValues = { readonly [K in PromptVariable]?: string | undefined }
export interface Unknown {
  name: string
  offset: number
}
export type Checked = { ok: true; unknown: Unknown[] } | { ok: false; message: string }

type OfKind<Kind> = { [K in PromptVariable]: (typeof PROMPT_VARIABLES)[K] extends Kind ? K : never }[PromptVariable]

/** What each fenced block says of its origin. */
const ORIGINS = {
  ticketTitle: "title of the ticket",
  ticketDescription: "description of the ticket",
  researchDocument: "research document",
  planDocument: "plan document",
  revisionMessage: "feedback of the reviewer",
  openComments: "comments of reviewers",
  additionalContext: "context added by the person who started this run",
} as const satisfies Record<OfKind<"untrusted">, string>

/** Longest line of each plain value, in characters; null for those of several lines that only members of the project write. */
const LINE_LIMITS = {
  ticketKey: 60,
  severity: 20,
  category: 100,
  externalTicketId: 200,
  externalTicketUrl: 2048,
  projectName: 100,
  repositoryUrl: 2048,
  baseBranch: 200,
  branch: 200,
  clanker: 100,
  attachments: null,
  testCommand: null,
  outputDirectory: 1000,
} as const satisfies Record<OfKind<"plain">, number | null>

const TAGS: [string, string] = ["{{", "}}"]
/** The parser looks for the end of a tag with a pattern that is quadratic in blanks. */
const TOO_BLANK = /\s{500}/

/** One pass: what a value contains is never read as a template. Values are what was typed; unknown variables are empty. */
export function renderPrompt(template: string, values: PromptValues): string {
  const known = new Map<string, { text: string; fenced: boolean }>()
  for (const name of variableNames()) known.set(name, present(name, values[name] ?? ""))
  const out: Out = { text: "", afterFence: false }
  write(parse(template), known, out)
  return out.text
}

/** What a template asks for that is no variable, with its offset; or why it cannot be parsed at all. */
export function checkTemplate(template: string): Checked {
  if (TOO_BLANK.test(template)) return { ok: false, message: "has a run of 500 blanks" }
  try {
    return { ok: true, unknown: unknownIn(parse(template)) }
  } catch (error) {
    // The parser throws a plain Error with the place in it for an unclosed tag or section, and has no other way to say so.
    return { ok: false, message: `cannot be parsed: ${error instanceof Error ? error.message : String(error)}` }
  }
}

export const variableNames = (): PromptVariable[] => {
  const names: PromptVariable[] = []
  let name: PromptVariable
  for (name in PROMPT_VARIABLES) names.push(name)
  return names
}

/** A writer of its own, because the shared one keeps every template it ever saw. */
function parse(template: string): TemplateSpans {
  return new Mustache.Writer().parse(template, TAGS)
}

function present(name: PromptVariable, value: string): { text: string; fenced: boolean } {
  if (isOf(ORIGINS, name)) return { text: fence(value, ORIGINS[name]), fenced: true }
  if (!isOf(LINE_LIMITS, name)) return { text: value, fenced: false }
  const limit = LINE_LIMITS[name]
  return { text: limit === null ? value : oneLine(value, limit), fenced: false }
}

const isOf = <T extends object>(table: T, name: PropertyKey): name is keyof T => Object.hasOwn(table, name)

interface Out {
  text: string
  afterFence: boolean
}

function write(spans: TemplateSpans, values: ReadonlyMap<string, { text: string; fenced: boolean }>, out: Out): void {
  for (const [type, name, , , children] of spans) {
    const value = values.get(name)
    const full = value !== undefined && value.text !== ""
    if (type === "text") append(out, name, false)
    else if ((type === "name" || type === "&") && full) append(out, value.text, value.fenced)
    else if (Array.isArray(children) && ((type === "#" && full) || (type === "^" && !full))) write(children, values, out)
  }
}

/** A fence counts as one only on lines of its own, wherever a template puts its variable. */
function append(out: Out, text: string, fenced: boolean): void {
  const broken = (fenced && out.text !== "" && !out.text.endsWith("\n")) || (out.afterFence && !text.startsWith("\n"))
  out.text += (broken ? "\n" : "") + text
  out.afterFence = fenced
}

function unknownIn(spans: TemplateSpans): Unknown[] {
  return spans.flatMap(([type, name, offset, , children]) => {
    const inside = Array.isArray(children) ? unknownIn(children) : []
    const fine = type === "text" || type === "!" || (isOf(PROMPT_VARIABLES, name) && type !== ">" && type !== "=")
    return fine ? inside : [{ name, offset }, ...inside]
  })
}
