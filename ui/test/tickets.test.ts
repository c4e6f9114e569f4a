import { describe, expect, it } from "vitest"
import type { Project } from "#contract/projects.ts"
import { TIMELINE_ACTS, type Ticket } from "#contract/tickets.ts"
import { branchNote } from "../pages/ticket/branch-note.ts"
import { saidIn, wordsOf } from "../pages/ticket/timeline-words.ts"
import { refusedTickets } from "../pages/tickets/refused.ts"
import { chooseFiles, referenceTo } from "../parts/chosen-files.ts"

const file = (name: string, type = "image/png", size = 1000) => ({ name, type, size })
const names = (files: ReturnType<typeof file>[], taken: string[] = []) => chooseFiles(files, taken).chosen.map(({ name }) => name)

describe("files that are chosen", () => {
  it("get names of their own, so that a reference means one of them", () => {
    expect(names([file("image.png"), file("image.png"), file("shot.png")], ["shot.png", "shot-2.png"])).toEqual([
      "pasted.png",
      "pasted-2.png",
      "shot-3.png",
    ])
    expect(names([file("C:\\pictures\\a b\u0007.png"), file("", "video/mp4"), file(`${"x".repeat(300)}.gif`, "image/gif")])).toEqual([
      "a b.png",
      "file.mp4",
      `${"x".repeat(100)}.gif`,
    ])
  })

  it.each([
    [file("a.pdf", "application/pdf"), "a.pdf was left out: only pictures"],
    [file("a.svg", "image/svg+xml"), "only pictures (PNG, JPEG, GIF, WebP) and videos"],
    [file("a.png", "image/png", 10_485_761), "it has 10.0 MB, and 10 MB is the limit"],
    [file("a.png", "image/png", 0), "it is empty"],
  ])("are refused in words: %o", (one, words) => {
    const { chosen, refused } = chooseFiles([one, file("good.png")], [])
    expect(chosen.map(({ name }) => name)).toEqual(["good.png"])
    expect(refused).toEqual([expect.stringContaining(words)])
  })

  it("are at most twenty with those that are there, and one without a type is left to the server", () => {
    const taken = Array.from({ length: 19 }, (_, at) => `${at}.png`)
    const { chosen, refused } = chooseFiles([file("a.mov", ""), file("b.png")], taken)
    expect(chosen.map(({ name }) => name)).toEqual(["a.mov"])
    expect(refused).toEqual(["b.png was left out: a ticket has at most 20 files."])
  })

  it("are named in a text as Markdown reads it", () => {
    expect(referenceTo({ name: "shot.png", type: "image/png" })).toBe("![shot.png](shot.png)")
    const [spaced = ""] = names([file("my [new] <shot> (1).png")])
    expect(referenceTo({ name: spaced, type: "image/png" })).toBe("![my new shot (1).png](<my new shot (1).png>)")
    expect(referenceTo({ name: "clip.mp4", type: "video/mp4" })).toBe("[clip.mp4](clip.mp4)")
  })
})

describe("a timeline", () => {
  const detail = {
    ...{ phase: "planning", revision: 3, line: 7, clanker: "Shop worker", status: "failed", name: "shot.png", fields: ["title", "labels"] },
  }
  it("has words for every act, none of them the server's", () => {
    const said = TIMELINE_ACTS.map((act) => wordsOf({ act, detail }))
    expect(new Set(said).size).toBe(TIMELINE_ACTS.length)
    for (const [at, words] of said.entries()) expect(words).not.toBe(TIMELINE_ACTS[at]?.replaceAll("-", " "))
    expect(wordsOf({ act: "comment-added", detail })).toBe("commented on line 7 of the plan")
    expect(wordsOf({ act: "revision-requested", detail })).toBe("asked for a revision of the plan by Shop worker")
    expect(wordsOf({ act: "phase-ended", detail })).toBe("failed at planning")
    expect(wordsOf({ act: "updated", detail })).toBe("changed title, labels")
  })

  it("can do without details, and shows an act of a later release in the server's word", () => {
    for (const act of TIMELINE_ACTS) expect(wordsOf({ act, detail: {} })).not.toContain("undefined")
    expect(wordsOf({ act: "sent-to-the-moon", detail: {} })).toBe("sent to the moon")
    expect(saidIn({ detail: { feedback: "", reason: "small" } })).toBe("small")
  })
})

describe("the note on a run's branch", () => {
  const ticket = (fields: Partial<Ticket>): Ticket => ({ ...TICKET, ...fields })
  const open = { url: "https://forge.test/1", number: 1, state: "open" } as const
  it.each([
    [{}, "makes a branch from main, named viberator/{{ ticket }}, and opens a pull request"],
    [{ branch: "viberator/WEB-1" }, "goes on with the branch viberator/WEB-1 and opens a pull request"],
    [{ branch: "viberator/WEB-1", pullRequest: open }, "goes on with the branch viberator/WEB-1 and pull request #1"],
    [
      { branch: "b", branchOver: true, pullRequest: { ...open, state: "merged" as const } },
      "Pull request #1 is merged: it makes a new branch from main",
    ],
    [{ branch: "b-2", pullRequest: { ...open, state: "closed" as const } }, "goes on with the branch b-2 and opens a pull request"],
  ])("for %o", (fields, words) => {
    expect(branchNote(ticket(fields), PROJECT)).toContain(words)
  })
})

describe("a refused archival", () => {
  const sent = [1, 2, 3].map((n) => ({ id: `tkt_${n}`, key: `WEB-${n}` }))
  it("names the tickets in its way", () => {
    const busy = refusedTickets("ticket.job-unfinished", { jobId: "job_1", tickets: [{ id: "tkt_2", key: "WEB-2", jobId: "job_1" }] }, sent)
    expect(busy).toEqual({ tickets: [sent[1]], why: "a job is not finished" })
    const gone = refusedTickets("request.invalid", { fields: { "ids.0": "names no ticket", "ids.2": "names no ticket" } }, sent)
    expect(gone).toEqual({ tickets: [sent[0], sent[2]], why: "no longer there" })
  })

  it("that names none is a sentence like any other", () => {
    expect(refusedTickets("request.invalid", { fields: { archived: "must be true or false" } }, sent)).toBeNull()
    expect(refusedTickets("auth.forbidden", {}, sent)).toBeNull()
  })
})

const TICKET: Ticket = {
  ...{ id: "tkt_1", key: "WEB-1", projectId: "prj_1", title: "T", description: "", severity: "medium", category: "General" },
  ...{ phase: "execution", status: "open", source: "ui", externalId: null, externalUrl: null, labels: [], branch: null },
  ...{ branchOver: false, pullRequest: null, override: null, attachments: [], archivedAt: null, createdAt: "", updatedAt: "" },
  phases: { research: { document: null }, planning: { document: null }, execution: { document: null } },
}
const PROJECT: Project = {
  ...{ id: "prj_1", name: "Web", slug: "web", key: "WEB", repositoryUrl: "https://forge.test/web", baseBranch: "main" },
  ...{ pullRequestRepository: null, pullRequestBaseBranch: null, branchNameTemplate: "viberator/{{ ticket }}", scm: null },
  ...{ defaultClankerId: null, phaseClankers: {}, autoStart: { onCreate: false, labels: [], onApproval: false }, workerSettings: {} },
  ...{ agentInstructions: "", visibility: "everyone", role: "member", archivedAt: null, createdAt: "", updatedAt: "" },
}
