import { createReadStream } from "node:fs"
import { DEFAULT_PROTECTED_PATHS } from "#contract/projects.ts"
import type { Doors } from "../doors.ts"
import type { Worked } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import type { Added } from "../platform/added.ts"
import { PATCH_BYTES } from "../platform/publication.ts"
import type { Publication } from "../platform/publication.ts"
import type { Redactor } from "../redact.ts"
import { protectedAmong, secretInPatch } from "./diff-check.ts"

export interface Checking {
  facts: Worked
  doors: Doors
  publication: Publication
  from: string
  to: string
  files: readonly string[]
}

/** GitHub refuses a push with a larger file (docs: "About large files on GitHub"). */
const FILE_BYTES = 100 * 1024 * 1024

/** What may not leave, before it does: a StepFailure names the first thing. */
export async function checkChange({ facts: { payload }, doors: { redactor }, publication, from, to, files }: Checking): Promise<void> {
  const { maxChanges } = payload.limits
  if (maxChanges !== undefined && files.length > maxChanges)
    throw new StepFailure({ kind: "too-many-changes", limit: maxChanges, actual: files.length })
  const { protectedPaths = DEFAULT_PROTECTED_PATHS, allowProtectedPaths = false, lfs = false } = payload.project.settings
  const paths = allowProtectedPaths ? [] : protectedAmong(files, protectedPaths)
  if (paths.length > 0)
    throw new StepFailure({ kind: "protected-path", paths: paths.slice(0, 100).map((path) => redactor.clean(path).slice(0, 300)) })
  const named = files.find((path) => redactor.find(path).length > 0)
  if (named !== undefined) throw new StepFailure({ kind: "secret-in-diff", where: `the name of ${redactor.clean(named)}` })
  const added = await publication.added(from, to)
  if (!lfs) refuseNotPointers(added)
  const large = added.files.find(({ bytes }) => bytes > FILE_BYTES)
  if (large !== undefined) throw tooLarge(large)
  const where = secretInPatch(await publication.patch(from, to, 0), redactor.find) ?? (await secretInLfs(added, redactor.find))
  if (where !== null) throw new StepFailure({ kind: "secret-in-diff", where })
}

/** One file, or the change as a whole. */
export function tooLarge(file?: { path: string; bytes: number }): StepFailure {
  if (file === undefined) return new StepFailure({ kind: "change-too-large", limit: PATCH_BYTES })
  return new StepFailure({ kind: "change-too-large", path: file.path.slice(0, 1000), actual: file.bytes, limit: FILE_BYTES })
}

function refuseNotPointers({ notPointers }: Added): void {
  if (notPointers.length > 0)
    throw new StepFailure({ kind: "lfs-failed", reason: "not-enabled", detail: notPointers.slice(0, 20).join("\n") })
}

/** Content that LFS takes is in no patch. */
async function secretInLfs({ lfs }: Added, find: Redactor["find"]): Promise<string | null> {
  for (const { path, file } of lfs) {
    let before = ""
    for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES, encoding: "utf8" })) {
      const text = before + String(chunk)
      if (find(text).length > 0) return path
      before = text.slice(-OVERLAP)
    }
  }
  return null
}
const CHUNK_BYTES = 4 * 1024 * 1024
/** Longer than any secret that is looked for. */
const OVERLAP = 64 * 1024
