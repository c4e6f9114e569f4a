import { spawnSync } from "node:child_process"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { utf8Length } from "#contract/text.ts"
import { branchErrors, type BranchValues, renderBranch } from "./branch-name.ts"

const values = (partial: Partial<BranchValues> = {}): BranchValues => ({
  ticket: "WEB-42",
  original_ticket: "GH-7",
  clanker: "claude",
  phase: "execution",
  date: "2026-11-20",
  job: "0a1b2c3d",
  ...partial,
})
const gitTakes = (branch: string) => spawnSync("git", ["check-ref-format", "--branch", branch]).status === 0

describe("a branch's name", () => {
  it.each([
    ["viberator/{{ ticket }}", "viberator/WEB-42"],
    ["{{phase}}/{{original_ticket}}-{{ clanker }}", "execution/GH-7-claude"],
    ["{{date}}_{{job}}", "2026-11-20_0a1b2c3d"],
    ["fix it: {{ticket}}?", "fix-it-WEB-42"],
    ["a//b///c", "a/b/c"],
    [".hidden/..a.lock.lock/-x-", "hidden/a/x"],
    ["a..b", "a.b"],
    ["-D", "D"],
    ["größe/日本", "größe/日本"],
    ["a\u200Bb", "a-b"],
    ["", "viberator/WEB-42"],
    ["~^:?*[", "viberator/WEB-42"],
    ["HEAD", "viberator/WEB-42"],
    ["{{ nope }}", "viberator/WEB-42"],
  ])("of %j is %j", (template, branch) => {
    expect(renderBranch(template, values())).toBe(branch)
  })

  it("fills tokens once and literally", () => {
    expect(renderBranch("x/{{ticket}}", values({ ticket: "{{job}}" }))).toBe("x/job")
    expect(renderBranch("x/{{ticket}}", values({ ticket: "$&" }))).toBe("x")
  })

  it("is never a branch to avoid", () => {
    expect(renderBranch("main", values(), ["main"])).toBe("viberator/WEB-42")
    expect(renderBranch("main", values(), ["main", "viberator/WEB-42"])).toBe("viberator/work-0a1b2c3d")
  })

  // 300 processes of git: a busy machine needs more than the usual five seconds.
  it("passes git's own check and stays within 200 bytes, whatever the template and the values", { timeout: 60_000 }, () => {
    const wild = fc.oneof(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc.string({
        unit: fc.constantFrom(...Array.from("./-{}@~ "), "lock", ".lock", "ä", "字", "..", "{{ ticket }}", "HEAD"),
        maxLength: 60,
      }),
    )
    fc.assert(
      fc.property(wild, wild, (template, ticket) => {
        const branch = renderBranch(template, values({ ticket }))
        expect(utf8Length(branch)).toBeLessThanOrEqual(200)
        expect(gitTakes(branch), branch).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it("is cut between characters, and cleaned again after the cut", () => {
    expect(utf8Length(renderBranch("字".repeat(100), values()))).toBe(198)
    expect(renderBranch(`${"a".repeat(195)}.lock-more`, values())).toBe("a".repeat(195))
  })
})

describe("a template's errors", () => {
  it("name unknown tokens", () => {
    expect(branchErrors("x/{{ ticket }}")).toEqual([])
    expect(branchErrors("x/{{ nope }}")).toEqual([expect.stringContaining('"nope"')])
  })
})
