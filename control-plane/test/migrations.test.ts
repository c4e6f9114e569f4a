import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const folder = join(import.meta.dirname, "../../migrations")
const migrations = readdirSync(folder).filter((file) => file.endsWith(".sql"))

describe("D1 migrations", () => {
  it.each(migrations)("%s neither rebuilds a table nor names REFERENCES: on D1 a rebuild cascades deletes", (file) => {
    const sql = readFileSync(join(folder, file), "utf8")
    expect(sql).not.toMatch(/\bREFERENCES\b|\bDROP TABLE\b|__new_|PRAGMA foreign_keys/i)
  })

  it("are numbered without a hole", () => {
    expect(migrations.toSorted().map((file) => Number(file.slice(0, 4)))).toEqual(migrations.map((_, index) => index))
  })
})
