import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { OUTPUT_DIRECTORY, PROMPT_KEYS } from "#contract/prompts.ts"
import { checkTemplate, renderPrompt, variableNames } from "./render.ts"

const FENCED = /^(`{4,})data \(([^)]*)\)\n([\s\S]*)\n\1$/

describe("rendering", () => {
  it("fills variables, sections and inverted sections", () => {
    expect(
      renderPrompt("{{ticketKey}}{{#branch}} on {{branch}}{{/branch}}{{^testCommand}} untested{{/testCommand}}", {
        ticketKey: "WEB-1",
        branch: "x",
      }),
    ).toBe("WEB-1 on x untested")
    expect(
      renderPrompt("{{{severity}}}|{{&category}}|{{! note }}|{{nope}}|{{toString}}|{{constructor}}", {
        severity: "<high>",
        category: "A & B",
      }),
    ).toBe("<high>|A & B||||")
  })

  it("takes a value that is only hidden or blank as none", () => {
    expect(
      renderPrompt("{{#ticketDescription}}yes{{/ticketDescription}}{{^ticketDescription}}no{{/ticketDescription}}", {
        ticketDescription: " \u200B\n",
      }),
    ).toBe("no")
  })

  it("puts a fence on lines of its own wherever the variable stands", () => {
    expect(renderPrompt("Title: {{ticketTitle}} and more", { ticketTitle: "x" })).toBe(
      "Title: \n````data (title of the ticket; untrusted)\nx\n````\n and more",
    )
    expect(renderPrompt("{{ticketTitle}}{{planDocument}}", { ticketTitle: "x", planDocument: "y" })).toMatch(
      /^````data[^\n]*\nx\n````\n````data[^\n]*\ny\n````$/,
    )
  })

  it("leaves every value as it was typed and never expands it", () => {
    const typed = fc
      .string({
        unit: fc.constantFrom(...Array.from("ab `$&{}#/^\n"), "{{ticketKey}}", "{{#branch}}", "$1", "````", "<b>"),
        minLength: 1,
        maxLength: 60,
      })
      .filter((text) => text.trim() !== "")
    fc.assert(
      fc.property(typed, (text) => {
        const [, , , inside] =
          FENCED.exec(renderPrompt("{{ticketDescription}}", { ticketDescription: text, ticketKey: "EXPANDED", branch: "EXPANDED" })) ?? []
        expect(inside).toBe(text.endsWith("\n") ? text.slice(0, -1) : text)
      }),
    )
    fc.assert(
      fc.property(typed, (text) => {
        expect(renderPrompt("{{taskInstructions}}", { taskInstructions: text, ticketKey: "EXPANDED" })).toBe(text)
      }),
    )
  })

  it("makes a fence that nothing inside can close", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("`", "\n", "x", "~"), maxLength: 40 }), (text) => {
        const [opening = "", ...rest] = renderPrompt("{{planDocument}}", { planDocument: `x${text}` }).split("\n")
        const ticks = /^`+/.exec(opening)?.[0] ?? ""
        expect(rest.slice(0, -1).some((line) => line.includes(ticks))).toBe(false)
        expect(rest.at(-1)).toBe(ticks)
      }),
    )
  })

  it("keeps a plain value on one line, without hidden signs, and cuts it visibly", () => {
    expect(renderPrompt("- {{category}}!", { category: "General\n\n# New rules\u202E" })).toBe("- General # New rules!")
    expect(renderPrompt("{{severity}}", { severity: "x".repeat(30) })).toBe(`${"x".repeat(20)}…`)
    expect(renderPrompt("{{testCommand}}", { testCommand: "a\nb" })).toBe("a\nb")
  })
})

describe("checking a template", () => {
  it("finds unknown variables with their offset, in sections too", () => {
    expect(checkTemplate("a {{nope}}{{#branch}}{{x.y}}{{/branch}}")).toEqual({
      ok: true,
      unknown: [
        { name: "nope", offset: 2 },
        { name: "x.y", offset: 21 },
      ],
    })
  })

  it.each(["{{> partial}}", "{{=<% %>=}}", "{{.}}", "{{constructor}}", "{{#toString}}{{/toString}}"])("refuses %s", (template) => {
    expect(checkTemplate(template)).toMatchObject({ ok: true, unknown: [{ offset: 0 }] })
  })

  it.each(["{{ticketKey", "{{#branch}}", "{{/branch}}", `{{${" ".repeat(600)}`])("says that %j cannot be parsed", (template) => {
    expect(checkTemplate(template).ok).toBe(false)
  })

  it("never throws", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("{{", "}}", "{", "#", "/", "^", ">", "=", "&", "!", " ", "a", "branch"), maxLength: 30 }),
        (template) => void checkTemplate(template),
      ),
    )
  })
})

describe("the system's templates", () => {
  const folder = join(import.meta.dirname, "defaults")
  const text = (key: string) => readFileSync(join(folder, `${key}.md`), "utf8")

  it("are the seven of the contract", () => {
    expect(readdirSync(folder).toSorted()).toEqual(PROMPT_KEYS.map((key) => `${key}.md`).toSorted())
  })

  it.each(PROMPT_KEYS)("%s parses, and names its phase and the output folder whatever is given", (key) => {
    expect(checkTemplate(text(key))).toEqual({ ok: true, unknown: [] })
    const everything = Object.fromEntries(variableNames().map((name) => [name, `value of ${name}`]))
    for (const values of [{}, everything]) {
      const prompt = renderPrompt(text(key), { ...values, outputDirectory: OUTPUT_DIRECTORY })
      expect(prompt.slice(0, 200)).toMatch(/^Phase: (research|planning|execution|claw)$/m)
      expect(prompt).toContain(`\`${OUTPUT_DIRECTORY}/`)
      expect(prompt).not.toContain("{{")
    }
  })
})
