import { createSignal, type JSX } from "solid-js"
import Check from "lucide-solid/icons/check"
import CopyIcon from "lucide-solid/icons/copy"
import { IconButton } from "./button.tsx"
import "./copy.css"

const SHOWN_MS = 1500

/** Copies a text. `what` names it: "job id", "command". */
export function CopyButton(props: { text: string; what: string }): JSX.Element {
  const [copied, setCopied] = createSignal(false)
  const copy = async () => {
    await writeClipboard(props.text)
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_MS)
  }
  return (
    <IconButton
      icon={copied() ? Check : CopyIcon}
      label={copied() ? "Copied" : `Copy ${props.what}`}
      size="s"
      onClick={() => void copy()}
    />
  )
}

/** An id or another short text that people paste elsewhere. */
export function Copyable(props: { text: string; what: string; shown?: string | undefined }): JSX.Element {
  return (
    <span class="copyable">
      <code title={props.text}>{props.shown ?? props.text}</code>
      <CopyButton text={props.text} what={props.what} />
    </span>
  )
}

/** The clipboard's own interface exists only on https and localhost. */
async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement("textarea")
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand("copy")
  area.remove()
}
