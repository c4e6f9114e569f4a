import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { createRedactor, formsOf } from "./redact.ts"

const SECRET = "p@ss w0rd/+'\"x\\9"

function redactorWith(...values: string[]) {
  const redactor = createRedactor()
  for (const value of values) redactor.register(value)
  return redactor
}

describe("registered values", () => {
  test.each([
    ["plain", SECRET],
    ["URL-encoded", encodeURIComponent(SECRET)],
    ["JSON-escaped", JSON.stringify(SECRET)],
    ["shell-quoted", `'${SECRET.replaceAll("'", `'\\''`)}'`],
    ["base64", Buffer.from(SECRET).toString("base64")],
    ["base64, one byte later", Buffer.from(`x${SECRET}yz`).toString("base64")],
    ["base64, two bytes later", Buffer.from(`xy${SECRET}z`).toString("base64")],
    ["basic auth", Buffer.from(`x-access-token:${SECRET}`).toString("base64")],
  ])("%s is blanked", (_name, printed) => {
    const { clean } = redactorWith(SECRET)
    const cleaned = clean(`before ${printed} after`)
    expect(cleaned).toContain("[redacted]")
    expect(cleaned).toMatch(/^before .* after$/)
    for (const form of formsOf(SECRET)) expect(cleaned).not.toContain(form)
  })

  test("a value that contains another goes as a whole", () => {
    expect(redactorWith("abcdef", "abcdefghi").clean("abcdefghi abcdef")).toBe("[redacted] [redacted]")
  })

  test("a value shorter than six characters is refused", () => {
    const redactor = createRedactor()
    expect(redactor.register("12345")).toBe(false)
    expect(redactor.clean("12345")).toBe("12345")
  })

  test("every line of a key file counts on its own", () => {
    expect(redactorWith("first-line-of-key\nsecond-line-of-key").clean("> second-line-of-key")).toBe("> [redacted]")
  })
})

describe("shapes", () => {
  test.each([
    `sk-ant-${"abcd".repeat(8)}`,
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_abcdefghijklmnopqrstuvwxyz",
    "AKIAABCDEFGHIJKLMNOP",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.abcdefghijkl",
    "-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----",
  ])("%s is blanked", (token) => {
    expect(createRedactor().clean(`<${token}>`)).toBe("<[redacted]>")
  })

  test("of a URL only user and password go", () => {
    expect(createRedactor().clean("git clone https://user:hunter2x@example.com/a.git")).toBe(
      "git clone https://[redacted]@example.com/a.git",
    )
  })

  test("ordinary words stay", () => {
    const text = "The task-force fixed http://localhost:8080/a@b, e.g. sk-1 and v1_0."
    expect(createRedactor().clean(text)).toBe(text)
  })
})

describe("a stream", () => {
  const filler = fc.string({ unit: fc.constantFrom("a", "s", "k", "-", "p", "@", " ", "\n", "g", "h", "_", ":", "/"), maxLength: 30 })
  const hidden = fc.constantFrom(
    SECRET,
    "s3cret-value",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    `sk-ant-${"abcd".repeat(8)}`,
    Buffer.from(`ab${SECRET}`).toString("base64"),
  )

  test("shows the same as the whole text would, wherever the pieces were cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(filler, hidden), { maxLength: 5 }),
        filler,
        fc.array(fc.nat({ max: 400 }), { maxLength: 12 }),
        (parts, tail, cuts) => {
          const text = parts.map(([before, secret]) => `${before} ${secret}`).join(" ") + ` ${tail}`
          const redactor = redactorWith(SECRET, "s3cret-value")
          const stream = redactor.stream()
          const borders = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].toSorted((a, b) => a - b)
          const pieces = [0, ...borders].map((from, index) => text.slice(from, borders[index] ?? text.length))
          const shown = pieces.map((piece) => stream.push(piece)).join("") + stream.end()
          expect(shown).toBe(redactor.clean(text))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test("holds back no more than what may become a secret", () => {
    const stream = redactorWith("s3cret-value").stream()
    expect(stream.push("All is done.")).toBe("All is done.")
    expect(stream.push(" The end: s3cret")).toBe(" The end: ")
    expect(stream.push("-value!")).toBe("[redacted]!")
    expect(stream.push("-----BEGIN PRIVATE KEY-----\nabc\n")).toBe("")
    expect(stream.push("def\n-----END PRIVATE KEY-----\nok")).toBe("[redacted]\nok")
  })
})
