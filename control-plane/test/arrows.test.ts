import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { describe, expect, it } from "vitest"

// Who may import whom inside the control plane: only what lies in a row below one's own, or in one's own folder.
const ROWS: readonly (readonly [row: number, pattern: RegExp])[] = [
  [1, /^worker\.ts$/],
  [2, /^(app|schedule|reactions)\.ts$/],
  [3, /(^|\/)[a-z-]*routes\.ts$/],
  [3, /^jobs\/callbacks\.ts$/],
  [3, /^http\//],
  [4, /^(integrations|answers)\//],
  [5, /^(tickets|claws)\//],
  [6, /^jobs\//],
  [7, /^(clankers|hosts|queue)\//],
  [8, /^(projects|users)\//],
  [9, /^context\.ts$/],
  [10, /^(prompts|secrets|settings|feed)\//],
  [11, /^compute\//],
  [12, /^(durable|aws|db)\//],
  [13, /^(config|log|outside)\.ts$/],
  [14, /^(errors|hash)\.ts$/],
  [15, /^contract\//],
]
/** These decide and never act: values only from the contract and from each other; types from anywhere below. */
const PURE = [
  /^jobs\/(machine|ways-out|facts|state|batch|payload|spec|reply|backlog|job-secrets)\.ts$/,
  /^queue\/order\.ts$/,
  /^claws\/(due|admission)\.ts$/,
  /^hosts\/liveness\.ts$/,
  /^clankers\/(deployment|remains|slug)\.ts$/,
  /^compute\/(ecs-task|lambda-function|lambda-report)\.ts$/,
  /^tickets\/(phases|documents|comments|attachment-type|branch-rounds)\.ts$/,
  /^projects\/(branch-name|settings|naming|readiness|rights)\.ts$/,
  /^prompts\/(render|untrusted)\.ts$/,
]

/** Packages that only count: templates, cron expressions. */
const PURE_PACKAGES = ["mustache", "croner"]

interface Arrow {
  from: string
  to: string
  typeOnly: boolean
}
const root = join(import.meta.dirname, "..")
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !/(^|\/)test\/|\.test\.ts$|\.fixture\.ts$|\.d\.ts$/.test(file),
)
const arrows = files.flatMap((from) => importsOf(from, readFileSync(join(root, from), "utf8")))

function importsOf(from: string, text: string): Arrow[] {
  const found = [...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm)]
  return found.flatMap(([, type, path = ""]) => {
    const to = path.startsWith("#contract/")
      ? path.replace("#contract/", "contract/")
      : path.startsWith(".")
        ? normalize(join(dirname(from), path))
        : path
    return [{ from, to, typeOnly: type !== undefined }]
  })
}

const rowOf = (file: string): number => ROWS.find(([, pattern]) => pattern.test(file))?.[0] ?? 0
const folderOf = (file: string): string => (file.includes("/") ? (file.split("/")[0] ?? "") : "")
const inside = arrows.filter(({ to }) => to.endsWith(".ts"))
const isRoute = (file: string) => /(^|\/)[a-z-]*routes\.ts$/.test(file)

describe("arrows between the rooms of the control plane", () => {
  it("knows every file's row", () => {
    expect(files.filter((file) => rowOf(file) === 0)).toEqual([])
  })

  it("go downwards, or stay in the own folder", () => {
    const wrong = inside.filter(({ from, to }) => {
      if (from === "db/schema.ts" && to.endsWith("/table.ts")) return false
      if (folderOf(from) === folderOf(to) && folderOf(from) !== "") return false
      if (rowOf(from) === 3 && to.startsWith("http/")) return false
      return rowOf(to) <= rowOf(from)
    })
    expect(wrong).toEqual([])
  })

  it("inside a noun, nothing but the mounts of app.ts reaches up to its routes", () => {
    expect(inside.filter(({ from, to }) => isRoute(to) && from !== "app.ts" && !isRoute(from))).toEqual([])
  })

  it("from routes never reach another noun's store, nor SQL", () => {
    expect(inside.filter(({ from, to }) => isRoute(from) && to.endsWith("/store.ts") && folderOf(to) !== folderOf(from))).toEqual([])
    expect(arrows.filter(({ from, to }) => isRoute(from) && to.startsWith("drizzle-orm"))).toEqual([])
  })

  it("reach a table only from its own store, the schema, and the other stores of its folder", () => {
    const wrong = inside.filter(
      ({ from, to, typeOnly }) => to.endsWith("table.ts") && from !== "db/schema.ts" && folderOf(from) !== folderOf(to) && !typeOnly,
    )
    expect(wrong).toEqual([])
  })

  it("leave the contract nothing but zod and its own files", () => {
    expect(arrows.filter(({ from, to }) => from.startsWith("contract/") && to !== "zod" && !to.startsWith("contract/"))).toEqual([])
    // A value from a zod file in a plain one would put zod into every browser.
    expect(
      arrows.filter(
        ({ from, to, typeOnly }) =>
          from.startsWith("contract/") && !from.endsWith(".schema.ts") && (to === "zod" || to.endsWith(".schema.ts")) && !typeOnly,
      ),
    ).toEqual([])
  })

  it("leave pure files only the contract and other pure files", () => {
    const pure = (file: string) => PURE.some((pattern) => pattern.test(file))
    for (const pattern of PURE)
      expect(
        files.some((file) => pattern.test(file)),
        String(pattern),
      ).toBe(true)
    expect(
      arrows.filter(
        ({ from, to, typeOnly }) => pure(from) && !typeOnly && !to.startsWith("contract/") && !pure(to) && !PURE_PACKAGES.includes(to),
      ),
    ).toEqual([])
  })

  it("tickets and claws, and clankers, hosts and queue, do not know each other", () => {
    const strangers = [
      ["tickets", "claws"],
      ["clankers", "hosts", "queue"],
    ]
    const wrong = inside.filter(
      ({ from, to }) =>
        !isRoute(from) &&
        strangers.some((group) => group.includes(folderOf(from)) && group.includes(folderOf(to)) && folderOf(from) !== folderOf(to)),
    )
    expect(wrong).toEqual([])
  })
})
