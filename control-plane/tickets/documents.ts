// PURE: the states of a phase document. An approval is bound to a revision; every new revision is a draft.
import { documentCan, type DocumentState } from "#contract/tickets.ts"

export type DocumentAct = keyof (typeof documentCan)[DocumentState]
export interface DocumentStanding {
  state: DocumentState
  revision: number
  approvedRevision: number | null
}
export type Decision =
  | { kind: "change"; standing: DocumentStanding }
  /** It is so already: a repeated request is answered, not refused. */
  | { kind: "same" }
  | { kind: "refused"; message: string }

const BECOMES = { request: "approval_requested", approve: "approved", reject: "rejected", revoke: "draft" } as const satisfies Record<
  DocumentAct,
  DocumentState
>

/** What an act on `revision` makes of the document. */
export function decide(standing: DocumentStanding, act: DocumentAct, revision: number = standing.revision): Decision {
  const { state } = standing
  if (revision !== standing.revision)
    return { kind: "refused", message: `revision ${revision} is not the current one: the document is at revision ${standing.revision}.` }
  if (state === BECOMES[act]) return { kind: "same" }
  if (!documentCan[state][act])
    return {
      kind: "refused",
      message: `A document that is ${state} cannot be changed like this: ${documentCan[state].revoke ? "revoke that first, or write a new revision" : "write a new revision"}.`,
    }
  const approvedRevision = act === "approve" ? revision : act === "revoke" ? null : standing.approvedRevision
  return { kind: "change", standing: { state: BECOMES[act], revision, approvedRevision } }
}
