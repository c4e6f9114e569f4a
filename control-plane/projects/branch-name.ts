// PURE: a branch's name from the project's template.
import { branchTemplateSchema } from "#contract/projects.schema.ts"
import { BRANCH_TOKENS, DEFAULT_BRANCH_TEMPLATE } from "#contract/projects.ts"
import { utf8Length } from "#contract/text.ts"

export type BranchValues = Record<(typeof BRANCH_TOKENS)[number], string>

/** The forge and file systems take 255; the worker may append to a branch it has to save beside another. */
const MAX_BYTES = 200
const TOKEN = /\{\{\s*(.*?)\s*\}\}/g

/**
 * The template with its tokens filled in and cleaned until it passes `git check-ref-format --branch`. What comes out empty,
 * as git's own HEAD, or as one of the branches to `avoid` (nobody works on the base branch itself), becomes the default.
 */
export function renderBranch(template: string, values: BranchValues, avoid: readonly string[] = []): string {
  const candidates = [template, DEFAULT_BRANCH_TEMPLATE].map((text) => cleanBranch(fill(text, values)))
  return (
    candidates.find((branch) => branch !== "" && branch !== "HEAD" && !avoid.includes(branch)) ??
    cleanBranch(`viberator/work-${values.job}`)
  )
}

/** Why a template would be refused when it is saved; empty when it is fine. */
export function branchErrors(template: string): string[] {
  const result = branchTemplateSchema.safeParse(template)
  return result.success ? [] : result.error.issues.map(({ message }) => message)
}

function fill(template: string, values: BranchValues): string {
  return template.replace(TOKEN, (_, name: string) => {
    const token = BRANCH_TOKENS.find((known) => known === name)
    return token ? values[token] : ""
  })
}

/** An allow-list: visible letters and digits of any script, and the few signs that git, shells and addresses all take. */
function cleanBranch(text: string): string {
  const segments = text
    .normalize("NFC")
    .replace(/(?:[^\p{L}\p{M}\p{N}._/-]|\p{DI})+/gu, "-")
    .replace(/-{2,}/g, "-")
    .replace(/\.{2,}/g, ".")
    .split("/")
  return cut(segments.map(cleanSegment).filter(Boolean).join("/"))
}

/** Taking one end off may bare the next: `.a.lock.-` needs several rounds. */
function cleanSegment(segment: string): string {
  const cleaned = segment.replace(/^[.-]+/, "").replace(/(?:[.-]|\.lock)+$/i, "")
  return cleaned === segment ? segment : cleanSegment(cleaned)
}

function cut(branch: string): string {
  if (utf8Length(branch) <= MAX_BYTES) return branch
  const kept: string[] = []
  let bytes = 0
  for (const character of branch) {
    bytes += utf8Length(character)
    if (bytes > MAX_BYTES) break
    kept.push(character)
  }
  return kept.join("").split("/").map(cleanSegment).filter(Boolean).join("/")
}
