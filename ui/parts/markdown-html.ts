import DOMPurify from "dompurify"
import { marked } from "marked"

// A task's box as a sign, not as an input without a label.
marked.use({ renderer: { checkbox: ({ checked }) => (checked ? "☑ " : "☐ ") } })

/** Loaded only where somebody reads Markdown. What agents and people write is not trusted: it is cleaned before it is shown. */
export function toHtml(text: string, { breaks }: { breaks: boolean }): string {
  const html = marked.parse(text, { async: false, gfm: true, breaks })
  return DOMPurify.sanitize(html, {
    ADD_ATTR: ["target", "rel"],
    FORBID_TAGS: ["style", "form", "input", "button", "iframe", "video", "audio"],
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
