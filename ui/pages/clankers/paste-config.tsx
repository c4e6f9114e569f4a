import { createSignal, type JSX, Show } from "solid-js"
import ClipboardPaste from "lucide-solid/icons/clipboard-paste"
import { Button } from "../../kit/button.tsx"
import { MoreFields } from "../../kit/form.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { STRATEGIES } from "../../parts/strategies.ts"
import type { ReadConfig } from "./config.ts"
import { list, readPasted } from "./paste.ts"

/** Fills the fields from a JSON block, as soon as it is pasted. */
export function PasteConfig(props: { onRead: (config: ReadConfig) => void }): JSX.Element {
  const [text, setText] = createSignal("")
  const [problem, setProblem] = createSignal<string | null>(null)
  const [filled, setFilled] = createSignal<string | null>(null)
  const read = (typed: string) => {
    const pasted = readPasted(typed)
    setProblem(pasted.ok ? null : pasted.problem)
    setFilled(pasted.ok ? `${STRATEGIES[pasted.config.computeType].name}: filled ${list(pasted.config.filled)}.` : null)
    if (pasted.ok) props.onRead(pasted.config)
  }
  const typed = (value: string) => {
    setText(value)
    setProblem(null)
    setFilled(null)
  }
  return (
    <MoreFields summary="Paste JSON">
      <TextArea
        label="Deployment configuration as JSON"
        code
        rows={8}
        spellcheck={false}
        placeholder={'{\n  "computeType": "docker",\n  "containerImage": "viberator-worker:latest"\n}'}
        hint="A block from the documentation or from another clanker, as it is. It fills the fields below."
        value={text()}
        onInput={typed}
        onPaste={(event) => afterPaste(event.currentTarget, read)}
        error={problem()}
      />
      <div class="row">
        <Button icon={ClipboardPaste} onClick={() => read(text())} disabledReason={text().trim() ? null : "Paste a block first."}>
          Fill the fields
        </Button>
        <Show when={filled()}>
          {(sentence) => (
            <span class="small" role="status">
              {sentence()}
            </span>
          )}
        </Show>
      </div>
    </MoreFields>
  )
}

/** When the paste event comes, the text is not in the field yet. */
const afterPaste = (area: HTMLTextAreaElement, read: (text: string) => void) => setTimeout(() => read(area.value))
