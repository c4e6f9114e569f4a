import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ROOT } from "./build.ts"
import { AGENT_SLUGS } from "#contract/agents.ts"
import { PAGES, readAgentRecord, tableOf } from "./docs.ts"

describe("the docs", () => {
  it.each(PAGES)("$file shows the table that it should (npm run docs writes it)", ({ file, render }) => {
    expect(tableOf(file)).toBe(render())
  })

  it("docs/agents.json has each agent, in the version that is pinned", () => {
    const pins: { agents: Record<string, { version: string }> } = JSON.parse(readFileSync(join(ROOT, "infra/workers/images.json"), "utf8"))
    const { agents } = readAgentRecord()
    expect(Object.keys(agents)).toEqual([...AGENT_SLUGS])
    for (const [slug, { version, cases }] of Object.entries(agents)) {
      expect(version, slug).toBe(pins.agents[slug]?.version)
      expect(Object.values(cases), slug).not.toContain("not run")
    }
  })

  it("docs/seeds.md counts its own rows right", () => {
    const text = readFileSync(join(ROOT, "docs/seeds.md"), "utf8")
    const rows = text.split("\n").filter((line) => /^\| [CIWD]-\d+ \|/.test(line))
    const count = (state: string) => rows.filter((line) => line.includes(`| \`${state}\` |`) || line.includes(`| ${state} |`)).length
    const [all = ""] = /^\| \*\*All\*\* .*$/m.exec(text) ?? []
    const numbers = [...all.matchAll(/\d+/g)].map(([digits]) => Number(digits))
    expect(numbers).toEqual([rows.length, count("works"), count("open"), count("differs")])
  })
})
