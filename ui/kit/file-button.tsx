import type { JSX } from "solid-js"
import Upload from "lucide-solid/icons/upload"
import { Button } from "./button.tsx"

export interface ReadFile {
  name: string
  text: string
}
interface ChooserProps {
  /** The act as the button says it: "Upload .md". */
  children: string
  /** What the file chooser offers: ".md,text/markdown". */
  accept: string
  multiple?: boolean | undefined
}

/** Reads text files that somebody chooses. */
export function FileButton(props: ChooserProps & { onFiles: (files: ReadFile[]) => void }): JSX.Element {
  const read = async (chosen: File[]) =>
    props.onFiles(await Promise.all(chosen.map(async (file) => ({ name: file.name, text: await file.text() }))))
  return (
    <FileChooser accept={props.accept} multiple={props.multiple} onChoose={(chosen) => void read(chosen)}>
      {props.children}
    </FileChooser>
  )
}

/** Files as they are. The button is a button; the browser's own file field stays out of sight. */
export function FileChooser(props: ChooserProps & { onChoose: (files: File[]) => void }): JSX.Element {
  let input: HTMLInputElement | undefined
  const choose = (chosen: FileList | null) => {
    const files = [...(chosen ?? [])]
    // The same file can be chosen again.
    if (input) input.value = ""
    if (files.length > 0) props.onChoose(files)
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
        onChange={(event) => choose(event.currentTarget.files)}
      />
      <Button size="s" icon={Upload} onClick={() => input?.click()}>
        {props.children}
      </Button>
    </>
  )
}
