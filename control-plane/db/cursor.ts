import { invalid } from "../errors.ts"

/** Where a newest-first list goes on: the last item's time and id. Opaque to clients. */
export interface Cursor {
  at: number
  id: string
}

export const writeCursor = ({ at, id }: Cursor): string => `${at.toString(36)}.${id}`

export function readCursor(text: string | undefined): Cursor | null {
  if (text === undefined) return null
  const [, at, id] = /^([0-9a-z]{1,12})\.([0-9a-z_]{1,60})$/.exec(text) ?? []
  if (!at || !id) throw invalid("cursor", "is not one that a list gave")
  return { at: Number.parseInt(at, 36), id }
}
