import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ROOT } from "./build.ts"
import { PAGES, tableOf } from "./docs.ts"

describe("the docs", () => {
  it.each(PAGES)("$file shows the contract's table (npm run docs writes it)", ({ file, render }) => {
    expect(tableOf(file)).toBe(render())
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
