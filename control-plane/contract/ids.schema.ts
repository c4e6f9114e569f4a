import { z } from "zod"
import { ID_PREFIXES, type IdKind } from "./ids.ts"

/** An id of one kind: the right prefix and the right alphabet, so that a foreign id is refused before any look-up. */
export const idSchema = (kind: IdKind) =>
  z.string().regex(new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-z]{8,40}$`), `must be a ${kind} id such as ${ID_PREFIXES[kind]}_0190…`)
