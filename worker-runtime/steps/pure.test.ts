import { describe, expect, test } from "vitest"
import { createRedactor } from "../redact.ts"
import { protectedAmong, secretInPatch } from "./diff-check.ts"
import { joinInstructions, placeSkills } from "./instructions.ts"
import { commitMessage, describeChange, pullRequestBody } from "./wording.ts"

const ticket = { ticketKey: "WEB-42", title: "Fix the crash on start" }

describe("the title of a change", () => {
  test.each([
    ["fix(ui): keep focus\n\nBecause.", "fix(ui): keep focus"],
    ["# Title: Add a dark mode\n\nWhy", "feat: add a dark mode"],
    ["API keys can be rotated", "feat: API keys can be rotated"],
    [null, "fix: fix the crash on start"],
    ["\u0000\u200b \n\nbody", "fix: fix the crash on start"],
    [`feat: ${"long words ".repeat(20)}`, "feat: long words long words long words long words long words long words"],
  ])("%j", (pullRequestText, title) => {
    const made = describeChange({ pullRequestText, lastMessage: "Done.", ticket }).title
    expect(made).toBe(title)
    expect(made.length).toBeLessThanOrEqual(72)
  })
})

test("the summary is the agent's text, else its last message", () => {
  expect(describeChange({ pullRequestText: "fix: a\n\nWhy.\n", lastMessage: "Done.", ticket }).summary).toBe("Why.")
  expect(describeChange({ pullRequestText: null, lastMessage: "Done.", ticket }).summary).toBe("Done.")
  expect(describeChange({ pullRequestText: "fix: a\0b\n\nsec\0ret\u001b[1m\tü\n", lastMessage: "", ticket })).toEqual({
    title: "fix: a b",
    summary: "sec\uFFFDret\uFFFD[1m\tü",
  })
})

describe("the commit message", () => {
  const origin = { ticketKey: "WEB-42", jobId: "job_1", clanker: "clank" }

  test.each([
    ["Ada <ada@example.com>", "Co-authored-by: Ada <ada@example.com>"],
    ["ada@example.com", "Co-authored-by: ada <ada@example.com>"],
    ["ada\nJob: forged", "Requested-by: ada Job: forged"],
  ])("ends with trailers; requested by %j", (requestedBy, last) => {
    const message = commitMessage({ title: "fix: a", summary: "Why." }, { ...origin, requestedBy })
    expect(message).toBe(`fix: a\n\nWhy.\n\nTicket: WEB-42\nJob: job_1\nClanker: clank\n${last}\n`)
  })
})

test("the pull request names changes, tests, ticket and cost", () => {
  const body = pullRequestBody({
    description: { title: "fix: a", summary: "Why." },
    files: Array.from({ length: 52 }, (_, index) => `f${index}`),
    tests: { command: "npm test", exitCode: 1 },
    usage: { inputTokens: 10, outputTokens: 5, costUsd: 0.123 },
    origin: { ticketKey: "WEB-42", jobId: "job_1", clanker: "clank" },
    agent: "opencode",
  })
  expect(body).toContain("- and 2 more")
  expect(body).toContain("`npm test` failed with exit code 1")
  expect(body).toContain("Ticket WEB-42 · job `job_1` · clanker clank (opencode) · 15 tokens, $0.12")
})

test.each([
  [".github/workflows/**", ".github/workflows/ci.yml", true],
  [".github/workflows/**", ".github/workflows/a/b.yml", true],
  [".github/workflows/**", ".GitHub/Workflows/ci.yml", true],
  [".github/workflows/**", ".github/labels.yml", false],
  ["**/*.pem", "a/b/key.pem", true],
  ["**/*.pem", "key.pem", true],
  ["*.lock", "a/b.lock", false],
  ["infra/", "infra/a/b.ts", true],
  ["a?c", "abc", true],
  ["a+b(c)", "a+b(c)", true],
])("the pattern %s and the path %s: %s", (pattern, path, hit) => {
  expect(protectedAmong([path], [pattern])).toEqual(hit ? [path] : [])
})

describe("secrets in a patch", () => {
  const { find } = createRedactor()
  const patch = (line: string) => `diff --git a/x b/x\n--- a/x\n+++ b/src/x.ts\n@@ -1,0 +10,2 @@\n+fine\n${line}\n`
  const token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"

  test("an added one is found with its place", () => {
    expect(secretInPatch(patch(`+const t = "${token}"`), find)).toBe("src/x.ts:11")
  })
  test("one that dresses up as a header is found", () => {
    expect(secretInPatch(patch(`+++ b/${token}`), find)).toBe("src/x.ts:11")
    expect(secretInPatch(patch(`+diff --git a/x b/${token}`), find)).toBe("src/x.ts:11")
  })
  test("a removed one is not ours", () => {
    expect(secretInPatch(patch(`-const t = "${token}"`), find)).toBeNull()
  })
  test("a key over several lines is found", () => {
    expect(secretInPatch(patch("+-----BEGIN PRIVATE KEY-----\n+abc\n+-----END PRIVATE KEY-----"), find)).toBe("src/x.ts:11")
  })
})

test("instructions stand under their headings, the project's first", () => {
  expect(joinInstructions({ project: "P\n", clanker: "", name: "C" })).toBe("# Instructions of the project\n\nP\n")
  expect(joinInstructions({ project: "P", clanker: "K", name: "C" })).toBe(
    "# Instructions of the project\n\nP\n\n# Instructions of C\n\nK\n",
  )
})

test("a skill gets a folder and front matter", () => {
  const files = [
    { path: "skills/deploy.md", content: "# How to deploy\n\nPush." },
    { path: "skills/review/SKILL.md", content: "---\nname: review\n---\nLook." },
    { path: "skills/review/list.md", content: "- a" },
    { path: "AGENTS.md", content: "no skill" },
  ]
  expect(placeSkills(files)).toEqual({
    "deploy/SKILL.md": '---\nname: "deploy"\ndescription: "How to deploy"\n---\n\n# How to deploy\n\nPush.',
    "review/SKILL.md": "---\nname: review\n---\nLook.",
    "review/list.md": "- a",
  })
})
