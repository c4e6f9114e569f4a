// PURE: what may not leave with a change.
import type { Redactor } from "../redact.ts"

/** The changed paths that match one of the patterns: `**` is any depth, `*` and `?` stay within a folder. */
export function protectedAmong(paths: readonly string[], patterns: readonly string[]): string[] {
  const tests = patterns.map(patternTest)
  return paths.filter((path) => tests.some((test) => test.test(path)))
}

function patternTest(pattern: string): RegExp {
  const anchored = pattern.replace(/^\.?\//, "").replace(/\/$/, "/**")
  const source = anchored.replaceAll(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (part) => {
    if (part === "**/") return "(?:.*/)?"
    if (part === "**") return ".*"
    if (part === "*") return "[^/]*"
    return part === "?" ? "[^/]" : `\\${part}`
  })
  // File systems and forges differ about case; a workflow under another spelling is still one.
  return new RegExp(`^${source}$`, "i")
}

/** Where the first added line with a secret is, as `path:line`, or the path of a file with one over several lines; else null. */
export function secretInPatch(patch: string, find: Redactor["find"]): string | null {
  const files = addedLines(patch)
  for (const { path, lines } of files) {
    const hit = lines.find(({ text }) => find(text).length > 0)
    if (hit !== undefined) return `${path}:${hit.line}`
  }
  // A key file has its shape only as a whole.
  const whole = files.find(({ lines }) => find(lines.map(({ text }) => text).join("\n")).length > 0)
  return whole === undefined ? null : `${whole.path}:${whole.lines[0]?.line ?? 1}`
}

interface AddedLines {
  path: string
  lines: { line: number; text: string }[]
}

/** A line is a header only before the first hunk of its file: an added line may look like one ("++ b/x"). */
function addedLines(patch: string): AddedLines[] {
  const files: AddedLines[] = []
  let inHeader = true
  let line = 0
  for (const text of patch.split("\n")) {
    const file = files.at(-1)
    if (text.startsWith("diff --git ")) {
      files.push({ path: "", lines: [] })
      inHeader = true
    } else if (text.startsWith("@@ ")) {
      inHeader = false
      line = Number(/\+(\d+)/.exec(text)?.[1] ?? 1)
    } else if (file !== undefined && inHeader && text.startsWith("+++ ")) file.path = pathOf(text)
    else if (file !== undefined && !inHeader && text.startsWith("+")) {
      file.lines.push({ line, text: text.slice(1) })
      line += 1
    }
  }
  return files
}

function pathOf(header: string): string {
  return header
    .slice("+++ ".length)
    .replace(/^"?b\//, "")
    .replace(/["\t]$/, "")
}
