/** Selects a part of a text area and brings it into sight, which browsers by themselves do only sometimes. */
export function reveal(area: HTMLTextAreaElement, from: number, to: number): void {
  area.focus({ preventScroll: true })
  area.setSelectionRange(from, to)
  area.scrollTop = heightOf(area, from) - area.clientHeight / 2
  area.scrollIntoView({ block: "nearest" })
}

/** How far down this place is, long lines broken as they are there. */
function heightOf(area: HTMLTextAreaElement, place: number): number {
  const ruler = document.createElement("textarea")
  ruler.className = area.className
  ruler.dataset["code"] = area.dataset["code"] ?? ""
  ruler.value = area.value.slice(0, place)
  Object.assign(ruler.style, { position: "absolute", visibility: "hidden", width: `${area.offsetWidth}px`, height: "0", minHeight: "0" })
  ruler.setAttribute("aria-hidden", "true")
  area.after(ruler)
  const height = ruler.scrollHeight
  ruler.remove()
  return height
}

/** Puts a text where the caret is as if somebody had typed it, so that undo takes it back. */
export function typeInto(area: HTMLTextAreaElement, text: string): void {
  area.focus()
  if (document.execCommand("insertText", false, text)) return
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end")
  area.dispatchEvent(new InputEvent("input", { bubbles: true }))
}
