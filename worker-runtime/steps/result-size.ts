// PURE: a result as large as the control plane takes it.
import type { Outcome } from "#contract/worker.ts"
import { cutText } from "../tell.ts"

/** The control plane takes 1 MiB of JSON; a larger result would turn a success into a failure. */
const RESULT_BYTES = 900_000
/** The contract's 512 KiB, with room for the mark of the cut. */
const DOCUMENT_BYTES = 524_288 - 100
const LISTED_FILES = 5_000

export function cutDocument(document: string): string {
  return Buffer.byteLength(document) <= DOCUMENT_BYTES + 100 ? document : cutText(document, DOCUMENT_BYTES)
}

/** Drops the list of files first (its count stays in the note), then more of the document; never the provenance. */
export function fitResult(outcome: Outcome): Outcome {
  if (outcome.status !== "succeeded") return outcome
  const { changedFiles: files, ...rest } = outcome
  if (files === undefined) return shorten(outcome)
  if (files.length <= LISTED_FILES && bytesOf(outcome) <= RESULT_BYTES) return outcome
  const first = {
    ...withNote(rest, `${files.length} files changed; the first ${LISTED_FILES} are listed.`),
    changedFiles: files.slice(0, LISTED_FILES),
  }
  if (files.length > LISTED_FILES && bytesOf(first) <= RESULT_BYTES) return first
  return shorten(withNote(rest, `${files.length} files changed; their list was too long for the result.`))
}

type Succeeded = Extract<Outcome, { status: "succeeded" }>

function withNote(outcome: Succeeded, words: string): Succeeded {
  return { ...outcome, note: outcome.note === undefined ? words : `${outcome.note} ${words}` }
}

/** JSON writes some characters with six: a document within its own limit can still be too large. */
function shorten(outcome: Succeeded): Succeeded {
  const { document } = outcome
  if (document === undefined) return outcome
  let short = outcome
  for (let bytes = DOCUMENT_BYTES / 2; bytesOf(short) > RESULT_BYTES && bytes > 1; bytes /= 2)
    short = { ...outcome, document: cutText(document, bytes) }
  return short
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
