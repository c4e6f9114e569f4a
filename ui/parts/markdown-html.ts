import DOMPurify from "dompurify"
import { marked } from "marked"

marked.use({
  // A task's box as a sign, not as an input without a label.
  renderer: { checkbox: ({ checked }) => (checked ? "☑ " : "☐ ") },
  // A text stands in a card of a page: first and second level are theirs.
  walkTokens: (token) => {
    if (token.type === "heading") token["depth"] = Math.min(6, Number(token["depth"]) + 2)
  },
})

/** Loaded only where somebody reads Markdown. What agents and people write is not trusted: it is cleaned before it is shown. */
export function toHtml(text: string, { breaks }: { breaks: boolean }): string {
  const html = marked.parse(text, { async: false, gfm: true, breaks })
  return DOMPurify.sanitize(html, {
    ADD_ATTR: ["target", "rel"],
    FORBID_TAGS: ["h1", "h2", "style", "form", "input", "button", "iframe", "video", "audio"],
    FORBID_ATTR: ["style", "id", "name"],
  })
}

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    node.setAttribute("target", "_blank")
    node.setAttribute("rel", "noreferrer nofollow")
  }
  // Wide tables and code scroll; who has only a keyboard must be able to reach them.
  if (node.tagName === "PRE") node.setAttribute("tabindex", "0")
})
