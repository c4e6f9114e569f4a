import { For, type JSX } from "solid-js"
import { Dialog } from "../../kit/dialog.tsx"
import { isMac, Key } from "../../kit/keys.tsx"
import "./shortcuts-help.css"

const SHORTCUTS: readonly { keys: readonly string[]; does: string }[] = [
  { keys: [isMac() ? "⌘" : "Ctrl", "K"], does: "Search and commands" },
  { keys: ["c"], does: "New ticket" },
  { keys: ["j"], does: "Next row of a list" },
  { keys: ["k"], does: "Previous row" },
  { keys: ["Enter"], does: "Open the row" },
  { keys: ["/"], does: "Search in the list" },
  { keys: ["g", "d"], does: "Go to the dashboard" },
  { keys: ["g", "t"], does: "Go to the tickets" },
  { keys: ["g", "j"], does: "Go to the jobs" },
  { keys: ["g", "p"], does: "Go to the projects" },
  { keys: ["g", "c"], does: "Go to the clankers" },
  { keys: ["g", "w"], does: "Go to the claws" },
  { keys: [isMac() ? "⌘" : "Ctrl", "Enter"], does: "Send the form you are typing in" },
  { keys: ["?"], does: "This help" },
]

export default function ShortcutsHelp(props: { onClose: () => void }): JSX.Element {
  return (
    <Dialog open title="Keyboard shortcuts" onClose={props.onClose}>
      <dl class="shortcuts">
        <For each={SHORTCUTS}>
          {(shortcut) => (
            <div>
              <dt>{shortcut.does}</dt>
              <dd class="row">
                <For each={shortcut.keys}>{(key) => <Key>{key}</Key>}</For>
              </dd>
            </div>
          )}
        </For>
      </dl>
    </Dialog>
  )
}
