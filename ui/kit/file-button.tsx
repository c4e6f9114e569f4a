import type { JSX } from "solid-js"
import Upload from "lucide-solid/icons/upload"
import { Button } from "./button.tsx"

export interface ReadFile {
  name: string
  text: string
}
interface FileButtonProps {
  /** The act as the button says it: "Upload .md". */
  children: string
  /** What the file chooser offers: ".md,text/markdown". */
  accept: string
  multiple?: boolean | undefined
  onFiles: (files: ReadFile[]) => void
}

/** Reads text files that somebody chooses. The button is a button; the browser's own file field stays out of sight. */
export function FileButton(props: FileButtonProps): JSX.Element {
  let input: HTMLInputElement | undefined
  const read = async (chosen: FileList | null) => {
    const files = await Promise.all([...(chosen ?? [])].map(async (file) => ({ name: file.name, text: await file.text() })))
    // The same file can be chosen again.
    if (input) input.value = ""
    if (files.length > 0) props.onFiles(files)
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept={props.accept}
        multiple={props.multiple}
        aria-label={props.children}
        onChange={(event) => void read(event.currentTarget.files)}
      />
      <Button size="s" icon={Upload} onClick={() => input?.click()}>
        {props.children}
      </Button>
    </>
  )
}
