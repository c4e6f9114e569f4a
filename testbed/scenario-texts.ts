// What the scripted model says and writes: short, sensible documents about the demo repository.

export const researchDocument = `# Research: slugs lose accented letters

## What happens
\`slugify("Crème Brûlée")\` gives \`cr-me-br-l-e\`. The test "accented letters keep their base letter" expects
\`creme-brulee\` and fails.

## Why
\`src/slugify.js\` replaces every character outside \`a-z0-9\` by a dash. An accented letter is outside, so it is cut out
of the middle of its word.

## Where
- \`src/slugify.js\`: the only function, no callers inside the repository.
- \`test/slugify.test.js\`: three tests, one failing.

## Options
1. Decompose the text (\`normalize("NFKD")\`) and drop the combining marks before anything else. No dependency.
2. A transliteration package. It also covers Cyrillic and others, and is a dependency the repository does not want.

Option 1 fits.
`

export const planDocument = `# Plan: keep the base letter of accented letters

1. In \`src/slugify.js\`, decompose the title with \`normalize("NFKD")\` and remove \`\\p{M}\` before lower-casing.
2. Leave the rest of the function as it is.
3. Run \`npm test\`: the failing test passes, the two others still do.

## Risk
Titles with accents get other slugs than before. Nothing stores slugs here.
`

export const pullRequestDocument = `fix: keep the base letter of accented letters in slugs

Accented letters were cut out of slugs: "Crème Brûlée" became "cr-me-br-l-e". The title is now decomposed and its
combining marks are dropped first, so that it becomes "creme-brulee".

The test "accented letters keep their base letter" passes; the others are unchanged.
`

export const clawPullRequestDocument = `chore: do today's part of the recurring work

The file that the task names is written again.
`

export const finalMessages = {
  research: "I found the cause: slugify cuts accented letters out instead of keeping their base letter. The document has the details.",
  planning: "The plan is written: decompose the title, drop the combining marks, keep the rest.",
  execution:
    "Slugs now keep the base letter of accented letters: the title is decomposed and its combining marks are dropped in src/slugify.js.",
  claw: "I looked through the repository: nothing needs doing today.",
  "self-test": "Ready.",
} as const

/** For requests that offer no tools, such as an agent asking for a session title. */
export const shortText = "Slugs and accented letters"

export const writtenOnRequest = "Written by the scripted model.\n"

/** About so many kB of prose, one numbered sentence per line. */
export function longTalk(kilobytes: number): string {
  const line = (number: number) => `${String(number).padStart(6, "0")} The scripted model goes on talking about slugs.\n`
  const count = Math.ceil((kilobytes * 1024) / line(0).length)
  return Array.from({ length: count }, (_, index) => line(index)).join("")
}
