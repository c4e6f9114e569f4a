// PURE: every way in which a secret is likely to be printed.

/** A value shorter than this would blank out ordinary words; it is not registered, and the worker says so. */
export const MIN_SECRET_LENGTH = 6

/** Lines of a longer secret (a key file) count on their own. */
export function formsOf(value: string): readonly string[] {
  const lines = value.includes("\n") ? value.split(/\r?\n/).filter((line) => line.length >= 12) : []
  const plain = [value, value.trim(), ...lines]
  const spelled = plain.flatMap((text) => [
    text,
    ...urlForms(text),
    ...quotedForms(text),
    ...htmlForms(text),
    ...base64Forms(text),
    ...hexForms(text),
  ])
  // What a program prints as JSON stands escaped once more in a line of JSON about that program.
  const inJson = spelled.flatMap((form) => jsonForms(form).flatMap((once) => [once, ...jsonForms(once)]))
  return [...new Set([...spelled, ...inJson])].filter((form) => form.length >= MIN_SECRET_LENGTH)
}

function urlForms(text: string): string[] {
  // A lone half of a surrogate pair has no form.
  const encoded = encodeURIComponent(text.toWellFormed())
  const strict = encoded.replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  // Forms encode "~" and "!", and leave "*" as it is.
  const form = new URLSearchParams([["", text]]).toString().slice(1)
  const upper = [encoded, strict, form, encoded.replaceAll("%20", "+"), strict.replaceAll("%20", "+"), form.replaceAll("+", "%20")]
  return [...upper, ...upper.map((form) => form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))]
}

/** As a shell quotes it: inside single quotes, inside double quotes, and with a backslash before whatever is special. */
function quotedForms(text: string): string[] {
  return [
    text.replaceAll("'", String.raw`'\''`),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll(/["$`\\]/g, String.raw`\$&`),
    text.replaceAll(/[^\w@%+=:,./\n-]/gu, String.raw`\$&`),
  ]
}

function htmlForms(text: string): string[] {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
  const quotes = escaped.replaceAll('"', "&quot;")
  return [escaped, quotes, quotes.replaceAll("'", "&#39;"), quotes.replaceAll("'", "&#x27;")]
}

/** JavaScript's way, Python's (ASCII alone), Go's (HTML made harmless) and PHP's (slashes). */
function jsonForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  const unicode = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  const ascii = json.replaceAll(/[\u0080-\uffff]/g, unicode)
  const html = (form: string) => form.replaceAll(/[<>&\u2028\u2029]/g, unicode)
  return [json, ascii, html(json), html(ascii), ascii.replaceAll("/", String.raw`\/`)]
}

/** Base64 of a text depends on its position in what surrounds it, modulo three: the characters that never change. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "")
    const first = Math.ceil((shift * 8) / 6)
    const last = Math.floor(((shift + bytes.length) * 8) / 6)
    const stable = encoded.slice(first, last)
    return [stable, stable.replaceAll("+", "-").replaceAll("/", "_")]
  })
}

function hexForms(text: string): string[] {
  const hex = Buffer.from(text).toString("hex")
  return [hex, hex.toUpperCase()]
}
