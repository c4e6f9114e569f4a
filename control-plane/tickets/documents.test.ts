import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { documentCan, DOCUMENT_STATES } from "#contract/tickets.ts"
import { decide, type DocumentAct, type DocumentStanding } from "./documents.ts"

const ACTS: DocumentAct[] = ["request", "approve", "reject", "revoke"]
const standing = (partial: Partial<DocumentStanding> = {}): DocumentStanding => ({
  state: "draft",
  revision: 2,
  approvedRevision: null,
  ...partial,
})

describe("an act on a document", () => {
  it("is bound to the current revision", () => {
    expect(decide(standing(), "approve", 1).kind).toBe("refused")
    expect(decide(standing(), "approve", 3).kind).toBe("refused")
    expect(decide(standing(), "approve", 2)).toEqual({ kind: "change", standing: { state: "approved", revision: 2, approvedRevision: 2 } })
  })

  it("does what the table of the contract allows, from every state", () => {
    for (const state of DOCUMENT_STATES)
      for (const act of ACTS) {
        const { kind } = decide(standing({ state }), act)
        expect(kind === "change", `${act} from ${state}`).toBe(documentCan[state][act])
      }
  })

  it("is answered again when it is so already", () => {
    expect(decide(standing({ state: "approved", approvedRevision: 2 }), "approve", 2)).toEqual({ kind: "same" })
    expect(decide(standing(), "revoke")).toEqual({ kind: "same" })
  })

  it("takes the approval back when it is revoked", () => {
    expect(decide(standing({ state: "approved", approvedRevision: 2 }), "revoke")).toEqual({
      kind: "change",
      standing: { state: "draft", revision: 2, approvedRevision: null },
    })
  })

  it("never leaves an approved document without its revision, in any order of acts", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...ACTS), fc.constant("write" as const)), { maxLength: 20 }), (acts) => {
        let now = standing({ revision: 1 })
        for (const act of acts) {
          // A new revision is a draft, whatever there was.
          if (act === "write") now = { ...now, state: "draft", revision: now.revision + 1 }
          else {
            const decision = decide(now, act)
            if (decision.kind === "change") now = decision.standing
          }
          if (now.state === "approved") expect(now.approvedRevision).toBe(now.revision)
          else expect(now.approvedRevision ?? 0).toBeLessThanOrEqual(now.revision)
        }
      }),
    )
  })
})
