import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fileNameOf } from "#contract/attachments.ts"
import { sniff } from "./attachment-type.ts"

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? Array.from(part, (sign) => sign.charCodeAt(0)) : part)))
const box = (brand: string, ...compatible: string[]) => {
  const body = `ftyp${brand}\0\0\0\0${compatible.join("")}`
  return bytes([0, 0, 0, body.length + 4], body, "moov and so on, isom")
}

describe("what a file is", () => {
  it.each([
    ["image/png", bytes([0x89], "PNG\r\n", [0x1a], "\n", "rest")],
    ["image/jpeg", bytes([0xff, 0xd8, 0xff, 0xe0], "JFIF")],
    ["image/gif", bytes("GIF89a")],
    ["image/gif", bytes("GIF87a")],
    ["image/webp", bytes("RIFF", [1, 2, 3, 4], "WEBPVP8 ")],
    ["video/webm", bytes([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x82, 0x84], "webm")],
    ["video/mp4", box("isom", "iso2", "avc1")],
    ["video/mp4", box("XAVC", "XAVC", "mp42")],
    ["video/quicktime", box("qt  ", "qt  ")],
    ["video/quicktime", bytes([0, 0, 0, 8], "wide", [0, 0, 0, 1], "mdat")],
  ])("is %s by its first bytes", (type, file) => expect(sniff(file)).toBe(type))

  it.each([
    ["nothing", bytes("")],
    ["HTML that calls itself a picture", bytes("<html><script>alert(1)</script>")],
    ["SVG", bytes('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["a PDF", bytes("%PDF-1.7")],
    ["an archive", bytes("PK", [3, 4])],
    ["a sound in the same container as WebP", bytes("RIFF", [1, 2, 3, 4], "WAVEfmt ")],
    ["Matroska", bytes([0x1a, 0x45, 0xdf, 0xa3], "matroska")],
    ["a still picture in the box of videos", box("heic", "mif1", "isom")],
    ["a box without a brand of videos", box("crx ", "crx ")],
    ["half a signature", bytes([0x89], "PNG")],
  ])("is not attached when it is %s", (_what, file) => expect(sniff(file)).toBeNull())

  it("never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (file) => void sniff(file)))
    fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), (tail) => void sniff(bytes([0, 0, 0, 99], "ftyp", [...tail]))))
  })
})

describe("the name of an attachment's file", () => {
  it("keeps what is plain of the person's name, with the ending of what the file is", () => {
    expect(fileNameOf({ name: "Login page (2).PNG", mime: "image/png" }, 0)).toBe("1-Login-page-2.png")
    expect(fileNameOf({ name: "évil.sh", mime: "image/gif" }, 1)).toBe("2-e-vil.gif")
    expect(fileNameOf({ name: "../../etc/passwd", mime: "video/quicktime" }, 2)).toBe("3-file.mov")
  })

  it("is one plain word in its folder, and each has its own, whatever people and forged payloads say", () => {
    const any = fc.record({
      name: fc.string({ unit: "binary", maxLength: 200 }),
      mime: fc.constantFrom("image/png", "text/html", "constructor"),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 5 }), (files) => {
        const names = files.map(fileNameOf)
        for (const name of names) expect(name).toMatch(/^\d+-[A-Za-z0-9_-]{1,60}\.(png|bin)$/)
        expect(new Set(names).size).toBe(files.length)
      }),
    )
  })
})
