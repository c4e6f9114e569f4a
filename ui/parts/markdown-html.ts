import DOMPurify from "dompurify"
import { marked, type Tokens } from "marked"

/** Addresses for what a text names: the files of a ticket. */
export type Named = ReadonlyMap<string, string>

/** What the text at hand may name; everything from here to the end of `toHtml` happens at once. */
let named: Named = new Map()

marked.use({
  renderer: {
    // A task's box as a sign, not as an input without a label.
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    image: pictureOf,
  },
  // A text stands in a card of a page: first and second level are theirs.
  walkTokens: (token) => {
    if (token.type === "heading") token["depth"] = Math.min(6, Number(token["depth"]) + 2)
  },
})

/** Loaded only where somebody reads Markdown. What agents and people write is not trusted: it is cleaned before it is shown. */
export function toHtml(text: string, { breaks, files = new Map() }: { breaks: boolean; files?: Named | undefined }): string {
  named = files
  const html = marked.parse(text, { async: false, gfm: true, breaks })
  return DOMPurify.sanitize(html, {
    ADD_ATTR: ["target", "rel"],
    FORBID_TAGS: ["h1", "h2", "style", "form", "input", "button", "iframe", "video", "audio"],
    FORBID_ATTR: ["style", "id", "name"],
  })
}

/** Pictures of the ticket are shown; one from elsewhere the browser may not load, so that is a link. */
function pictureOf({ href, text }: Tokens.Image): string {
  const alt = escaped(text || href)
  return named.has(nameIn(href)) || href.startsWith("data:image/")
    ? `<img src="${escaped(href)}" alt="${alt}">`
    : `<a href="${escaped(href)}">${alt}</a>`
}

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "IMG") direct(node, "src")
  if (node.tagName === "A") {
    direct(node, "href")
    node.setAttribute("target", "_blank")
    node.setAttribute("rel", "noreferrer nofollow")
  }
  // Wide tables and code scroll; who has only a keyboard must be able to reach them.
  if (node.tagName === "PRE") node.setAttribute("tabindex", "0")
})

/** Set after the cleaning: these addresses are the page's own. */
function direct(node: Element, attribute: "src" | "href"): void {
  const address = named.get(nameIn(node.getAttribute(attribute) ?? ""))
  if (address !== undefined) node.setAttribute(attribute, address)
}

/** Markdown encodes what it finds between its brackets. */
function nameIn(href: string): string {
  try {
    return decodeURIComponent(href)
  } catch {
    // No encoding at all, then it is the name itself.
    return href
  }
}

const SIGNS: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => SIGNS[sign] ?? sign)
