import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { createRedactor } from "./redact.ts"
import { formsOf } from "./spellings.ts"

const SECRET = "p@ss w0rd/+'\"x\\9"

function redactorWith(...values: string[]) {
  const redactor = createRedactor()
  for (const value of values) redactor.register(value)
  return redactor
}

/** Every spelling that is found, by the program that makes it. */
const SPELLINGS: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  "URL-encoded, as JavaScript does": (secret) => encodeURIComponent(secret),
  "URL-encoded, as forms do": (secret) => new URLSearchParams({ x: secret }).toString().slice(2),
  "URL-encoded in small letters": (secret) => encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
  "JSON-escaped": (secret) => JSON.stringify(secret),
  "JSON in JSON": (secret) => JSON.stringify(JSON.stringify({ secret })),
  "JSON in ASCII, as Python does": (secret) => asciiJson(secret),
  "JSON as Go does": (secret) => JSON.stringify(secret).replaceAll(/[<>&]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`),
  "JSON as PHP does": (secret) => asciiJson(secret).replaceAll("/", String.raw`\/`),
  "in single quotes of a shell": (secret) => `'${secret.replaceAll("'", String.raw`'\''`)}'`,
  "in single quotes, the other way": (secret) => `'${secret.replaceAll("'", `'"'"'`)}'`,
  "in double quotes of a shell": (secret) => `"${secret.replaceAll(/["$`\\]/g, String.raw`\$&`)}"`,
  "shell-quoted within JSON": (secret) => JSON.stringify(`echo '${secret.replaceAll("'", String.raw`'\''`)}'`),
  "HTML-escaped": (secret) =>
    secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
  "in hexadecimal": (secret) => Buffer.from(secret).toString("hex"),
  "in hexadecimal, large letters": (secret) => Buffer.from(secret).toString("hex").toUpperCase(),
  ...Object.fromEntries(
    [0, 1, 2].flatMap((shift) =>
      (["base64", "base64url"] as const).map((name): [string, (secret: string) => string] => [
        `${name}, ${shift} bytes after a multiple of three`,
        (secret) => Buffer.from(`${"·x".slice(2 - shift)}${secret}?>~`).toString(name),
      ]),
    ),
  ),
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

describe("registered values", () => {
  test.each(Object.entries(SPELLINGS))("%s is blanked", (_name, spell) => {
    const secret = "p@ss w0rd/+'\"x\\9 <&> ü$`€!"
    const cleaned = redactorWith(secret).clean(`before ${spell(secret)} after`)
    expect(cleaned).toMatch(/^before .{0,15}\[redacted\].{0,8} after$/)
    for (const form of formsOf(secret)) expect(cleaned).not.toContain(form)
  })

  test("basic auth is blanked", () => {
    const header = Buffer.from(`x-access-token:${SECRET}`).toString("base64")
    expect(redactorWith(SECRET).clean(`Basic ${header}.`)).toMatch(/^Basic \S{18,22}\[redacted\]\S{0,3}\.$/)
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
      { numRuns: 1000 },
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

describe("whatever the secret, its spelling and the pieces", () => {
  // Nothing of it is in a secret, in a spelling or in "[redacted]".
  const around = fc.string({ unit: fc.constantFrom("·", "–", "\n", " ", "…"), maxLength: 40 })
  const secrets = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from("abcXYZ019+/=_-'\"\\$&<> %ü€🦀")), minLength: 8, maxLength: 60 }),
    fc.string({ unit: fc.constantFrom("a", "b"), minLength: 8, maxLength: 30 }),
    fc.string({ unit: "grapheme", minLength: 8, maxLength: 30 }),
  )
  const spellings = fc.constantFrom(...Object.values(SPELLINGS))
  const cuts = fc.array(fc.nat({ max: 2000 }), { maxLength: 20 })

  test("no four characters of a spelling stay, but for the ends of base64 that hold its neighbours too", () => {
    fc.assert(
      fc.property(secrets, spellings, around, around, cuts, (secret, spell, before, after, at) => {
        fc.pre(secret.trim().length >= 8 && !/[·–…\n]/.test(secret))
        const redactor = redactorWith(secret)
        const stream = redactor.stream()
        const spelled = spell(secret)
        const shown =
          pieces(`${before}${spelled}${after}`, at)
            .map((piece) => stream.push(piece))
            .join("") + stream.end()
        const rest = shown.replaceAll("[redacted]", "")
        for (const form of formsOf(secret)) expect(rest).not.toContain(form)
        const left = rest.replaceAll(/[·–…\n ]/g, "")
        // Quotes, a key of JSON, and up to four characters of base64 on each side.
        expect(left.length).toBeLessThanOrEqual(spelled.includes("secret") ? 20 : 12)
        for (let index = 0; index + 4 <= secret.length; index++) {
          const part = secret.slice(index, index + 4)
          if (part.trim().length === 4 && !/^["'\\]+$/.test(part)) expect(rest).not.toContain(part)
        }
      }),
      { numRuns: 1500 },
    )
  })

  test("text without a secret stays as it is, in whatever pieces", () => {
    fc.assert(
      fc.property(
        secrets,
        fc.string({ unit: fc.constantFrom(...Array.from("·–… \nqwzQWZ578,.;(){}#*")), maxLength: 3000 }),
        cuts,
        (secret, text, at) => {
          fc.pre(secret.trim().length >= 8)
          const redactor = redactorWith(secret)
          fc.pre(formsOf(secret).every((form) => !text.includes(form)))
          const stream = redactor.stream()
          expect(redactor.clean(text)).toBe(text)
          expect(
            pieces(text, at)
              .map((piece) => stream.push(piece))
              .join("") + stream.end(),
          ).toBe(text)
        },
      ),
      { numRuns: 500 },
    )
  })

  test("pieces show what the whole shows, also of secrets that overlap themselves and each other", () => {
    const unit = fc.constantFrom("a", "b", "ab")
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit, minLength: 6, maxLength: 12 }), { minLength: 1, maxLength: 3 }),
        fc.string({ unit, maxLength: 200 }),
        cuts,
        (values, text, at) => {
          const redactor = redactorWith(...values)
          const stream = redactor.stream()
          expect(
            pieces(text, at)
              .map((piece) => stream.push(piece))
              .join("") + stream.end(),
          ).toBe(redactor.clean(text))
        },
      ),
      { numRuns: 500 },
    )
  })

  test("what is held for too long is let go without a secret", () => {
    const long = `${"k".repeat(300)}-${"a secret of many words. ".repeat(20)}`.trim()
    const redactor = redactorWith(long, "a".repeat(40))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 0, max: 200_000 }), (size, offset) => {
        const noise = "-----BEGIN PRIVATE KEY-----\n" + "a".repeat(70_000) + "://x".repeat(30_000)
        const text = `${noise.slice(0, offset)}${long}${noise.slice(offset)}${long}`
        const stream = redactor.stream()
        let shown = ""
        for (let at = 0; at < text.length; at += size) shown += stream.push(text.slice(at, at + size))
        shown += stream.end()
        expect(shown).not.toContain("secret of")
        expect(shown).not.toContain("k".repeat(10))
        // Fewer than a whole one.
        expect(shown).not.toContain("a".repeat(40))
      }),
      { numRuns: 30 },
    )
  })
})

function pieces(text: string, cuts: readonly number[]): string[] {
  const borders = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].toSorted((a, b) => a - b)
  return [0, ...borders].map((from, index) => text.slice(from, borders[index] ?? text.length))
}

describe("large texts made to be slow", () => {
  const redactor = createRedactor()
  for (let index = 0; index < 50; index++) redactor.register(`${"a".repeat(30)}${index}-${"secret".repeat(5)}`)
  redactor.register(`-----BEGIN PRIVATE KEY-----\n${"ab".repeat(1500)}\n-----END PRIVATE KEY-----`)
  const SIZE = 2 * 1024 * 1024
  const hostile = {
    "beginnings of values": "a".repeat(31),
    "a value but for its end": `${"a".repeat(30)}7-${"secret".repeat(4)}secre`,
    "a long value but for its end": `-----BEGIN PRIVATE KEY-----\n${"ab".repeat(1499)}`,
    "beginnings of keys": "-----BEGIN ",
    "beginnings of keys in large letters": `-----BEGIN ${"PRIVATE KEY".repeat(500)}`,
    "keys without an end": "-----BEGIN PRIVATE KEY-----\n-----END ",
    "beginnings of tokens": "eyJaaaaaaaa.eyJaaaaaaaa",
    "addresses without a user": "://a:a",
    "one address without an end": "a:",
    base64: Buffer.from("secretsecret".repeat(40)).toString("base64"),
  }
  // A square would take minutes; the bound is wide, for other programs run beside this one.
  test.each(Object.entries(hostile))(
    "%s",
    (_name, part) => {
      const text = part.repeat(Math.ceil(SIZE / part.length))
      const startedAt = performance.now()
      redactor.clean(text)
      expect(performance.now() - startedAt).toBeLessThan(10_000)
      const stream = redactor.stream()
      const streamedAt = performance.now()
      const few = text.slice(0, 200_000)
      for (let at = 0; at < few.length; at += 7) stream.push(few.slice(at, at + 7))
      stream.end()
      expect(performance.now() - streamedAt).toBeLessThan(10_000)
    },
    30_000,
  )
})
