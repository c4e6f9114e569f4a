import { describe, expect, it } from "vitest"
import { type ChosenClanker, isReady, type KnownSecret, readinessChecks, type ReadinessFacts } from "./readiness.ts"

const secret = (name: string, location: KnownSecret["location"] = "database"): KnownSecret => ({ name, location })
const clanker = (partial: Partial<NonNullable<ChosenClanker["found"]>> = {}): ChosenClanker => ({
  id: "clk_1",
  found: {
    name: "Claude",
    agent: "claude-code",
    acceptsJobs: true,
    statusMessage: null,
    secrets: [secret("ANTHROPIC_API_KEY")],
    ...partial,
  },
})
const codes = (facts: Partial<ReadinessFacts>) => {
  const checks = readinessChecks({
    repositoryUrl: "https://forge.test/a/b",
    scm: { found: secret("GITHUB_TOKEN") },
    clankers: [clanker()],
    ...facts,
  })
  return { ready: isReady(checks), codes: checks.filter(({ state }) => state !== "ready").map(({ code }) => code) }
}

describe("a project", () => {
  it.each<[string, Partial<ReadinessFacts>, { ready: boolean; codes: string[] }]>([
    ["has everything", {}, { ready: true, codes: [] }],
    ["names no credential", { scm: null }, { ready: true, codes: ["scm-credential.none"] }],
    ["lost its credential", { scm: { found: null } }, { ready: false, codes: ["scm-credential.gone"] }],
    [
      "keeps its credential with the worker",
      { scm: { found: secret("GITHUB_TOKEN", "env") } },
      { ready: true, codes: ["scm-credential.elsewhere"] },
    ],
    ["has no clanker", { clankers: [{ id: null, found: null }] }, { ready: false, codes: ["clanker.none", "agent-secrets.no-clanker"] }],
    [
      "lost its clanker",
      { clankers: [{ id: "clk_1", found: null }] },
      { ready: false, codes: ["clanker.gone", "agent-secrets.no-clanker"] },
    ],
    ["has a clanker that is not active", { clankers: [clanker({ acceptsJobs: false })] }, { ready: false, codes: ["clanker.not-active"] }],
    [
      "has no key for the agent",
      { clankers: [clanker({ secrets: [secret("OTHER")] })] },
      { ready: false, codes: ["agent-secrets.missing"] },
    ],
    [
      "has another key of the any-of group",
      { clankers: [clanker({ secrets: [secret("CLAUDE_CODE_OAUTH_TOKEN")] })] },
      { ready: true, codes: [] },
    ],
    [
      "keeps the agent's key with the worker",
      { clankers: [clanker({ secrets: [secret("ANTHROPIC_API_KEY", "env")] })] },
      { ready: true, codes: ["agent-secrets.elsewhere"] },
    ],
    [
      "is as ready as its worst phase",
      { clankers: [clanker(), clanker({ acceptsJobs: false })] },
      { ready: false, codes: ["clanker.not-active"] },
    ],
  ])("that %s", (_, facts, expected) => expect(codes(facts)).toEqual(expected))
})
