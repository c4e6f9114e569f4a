import { createSignal, onCleanup, onMount } from "solid-js"

/** Files that are pasted or dropped. A text that brings a picture of itself along, as from a spreadsheet, stays a text. */
export const filesOf = (data: DataTransfer | null): File[] => (data === null || data.types.includes("text/plain") ? [] : [...data.files])

/**
 * Takes files that are pasted or dropped anywhere on the page, unless a field has taken them already. Without this a
 * browser leaves the page for a file that misses its target. `over` while some are held above the page.
 */
export function takeFiles({ onFiles, active }: { onFiles: (files: File[]) => void; active: () => boolean }): { over: () => boolean } {
  const [over, setOver] = createSignal(false)
  const take = (event: ClipboardEvent | DragEvent, data: DataTransfer | null) => {
    setOver(false)
    const files = filesOf(data)
    if (event.defaultPrevented || files.length === 0) return
    event.preventDefault()
    if (active()) onFiles(files)
  }
  const hold = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault()
    event.dataTransfer.dropEffect = active() ? "copy" : "none"
    setOver(active())
  }
  const paste = (event: ClipboardEvent) => take(event, event.clipboardData)
  const drop = (event: DragEvent) => take(event, event.dataTransfer)
  // Leaving the window has no element that is entered instead.
  const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false)
  onMount(() => {
    document.addEventListener("paste", paste)
    document.addEventListener("dragover", hold)
    document.addEventListener("dragleave", leave)
    document.addEventListener("drop", drop)
  })
  onCleanup(() => {
    document.removeEventListener("paste", paste)
    document.removeEventListener("dragover", hold)
    document.removeEventListener("dragleave", leave)
    document.removeEventListener("drop", drop)
  })
  return { over }
}
