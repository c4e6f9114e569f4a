import type { JSX } from "solid-js"
import { FileChooser } from "../kit/file-button.tsx"
import { ACCEPTED, LIMITS_IN_WORDS } from "./chosen-files.ts"
import "./attachments.css"

/** The ways in for files, said where they go. */
export function AddFiles(props: { over: boolean; brief?: boolean; onFiles: (files: File[]) => void }): JSX.Element {
  const words = () => `Or paste or drop them anywhere on the page.${props.brief ? "" : ` ${LIMITS_IN_WORDS}`}`
  return (
    <div class="add-files" data-state={props.over ? "over" : undefined} data-brief={props.brief ? "" : undefined}>
      <FileChooser accept={ACCEPTED} multiple onChoose={props.onFiles}>
        Add files
      </FileChooser>
      <p class="soft small">{props.over ? "Let go to attach." : words()}</p>
    </div>
  )
}
