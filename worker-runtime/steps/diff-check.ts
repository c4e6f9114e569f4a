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

/** Where the first added line (or path) with a secret is, as `path:line`; null when there is none. */
export function secretInPatch(patch: string, find: Redactor["find"]): string | null {
  let path = ""
  let line = 0
  for (const text of patch.split("\n")) {
    if (text.startsWith("+++ "))
      path = text
        .slice(4)
        .replace(/^"?b\//, "")
        .replace(/"$/, "")
    else if (text.startsWith("@@ ")) line = Number(/\+(\d+)/.exec(text)?.[1] ?? 0)
    else if (text.startsWith("+")) {
      if (find(text.slice(1)).length > 0) return `${path}:${line}`
      line += 1
    }
  }
  return secretAcrossLines(patch, find)
}

/** A key file has its shape only as a whole. */
function secretAcrossLines(patch: string, find: Redactor["find"]): string | null {
  let path = ""
  let added: string[] = []
  const check = () => (find(added.join("\n")).length > 0 ? path : null)
  for (const text of patch.split("\n")) {
    if (text.startsWith("diff --git ")) {
      const found = check()
      if (found !== null) return found
      added = []
    } else if (text.startsWith("+++ "))
      path = text
        .slice(4)
        .replace(/^"?b\//, "")
        .replace(/"$/, "")
    else if (text.startsWith("+")) added.push(text.slice(1))
  }
  return check()
}
