// The repository that demonstrations and end-to-end tests work on: a tiny program with one real bug, a test that fails
// because of it, and the fix that the scripted model writes.

/** Content that makes the failing test pass; the scripted model writes it to `src/slugify.js`. */
export const fixedSlugify = `// Turns a title into the part of a URL that names it: "Hello, World!" -> "hello-world".
export function slugify(title) {
  return title
    .normalize("NFKD")
    .replace(/\\p{M}+/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
}
`

const brokenSlugify = `// Turns a title into the part of a URL that names it: "Hello, World!" -> "hello-world".
export function slugify(title) {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
}
`

const slugifyTest = `import assert from "node:assert/strict"
import { test } from "node:test"
import { slugify } from "../src/slugify.js"

test("words are joined by single dashes", () => {
  assert.equal(slugify("Hello,   World!"), "hello-world")
})

test("dashes at the ends are cut", () => {
  assert.equal(slugify("  -- draft --  "), "draft")
})

test("accented letters keep their base letter", () => {
  assert.equal(slugify("Crème Brûlée"), "creme-brulee")
})
`

const packageJson = `{
  "name": "demo",
  "version": "1.0.0",
  "private": true,
  "type": "module",
  "scripts": {
    "test": "node --test"
  }
}
`

const readme = `# demo

Turns titles into slugs.

    import { slugify } from "./src/slugify.js"

    slugify("Hello, World!") // "hello-world"

Run the tests with \`npm test\`. No dependencies; Node 20 or newer.
`

const agents = `# Working here

- Plain JavaScript modules, no dependencies.
- Every change keeps \`npm test\` green; a bug fix comes with a test.
`

/** Path -> content of the repository as it is created: with the bug, one test failing. */
export const demoFiles: Readonly<Record<string, string>> = {
  "AGENTS.md": agents,
  "README.md": readme,
  "package.json": packageJson,
  "src/slugify.js": brokenSlugify,
  "test/slugify.test.js": slugifyTest,
}
