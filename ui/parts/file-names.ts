// PURE: what a description may name, with its address: the files of its ticket, and those on their way.
import type { Attachment } from "#contract/attachments.ts"

interface Ahead {
  name: string
  preview: string | null
}

export function filesByName(
  attachments: readonly Attachment[],
  address: (id: string) => string,
  ahead: readonly Ahead[] = [],
): ReadonlyMap<string, string> {
  return new Map([
    ...ahead.flatMap(({ name, preview }): [string, string][] => (preview === null ? [] : [[name, preview]])),
    ...attachments.map(({ name, id }): [string, string] => [name, address(id)]),
  ])
}
