import { diffLines } from "diff"
import { createMemo, For, type JSX } from "solid-js"
import "./diff-view.css"

const SIGNS = { added: "+", removed: "−", same: " ", left: "⋯" } as const
interface Line {
  state: keyof typeof SIGNS
  text: string
}
/** Unchanged lines shown around a change. */
const AROUND = 3

/** Two texts as lines that went, came and stayed. Loaded only where somebody compares. */
export function DiffView(props: { label: string; before: string; after: string }): JSX.Element {
  const lines = createMemo(() => {
    const parts = diffLines(props.before, props.after).map(({ value, added, removed }): Line[] => {
      const state = added ? "added" : removed ? "removed" : "same"
      return value
        .replace(/\n$/, "")
        .split("\n")
        .map((text) => ({ state, text }))
    })
    return parts.flatMap((part, at) => shorten(part, { first: at === 0, last: at === parts.length - 1 }))
  })
  return (
    <div class="diff" role="region" aria-label={props.label} tabindex="0">
      <For each={lines()}>
        {(line) => (
          <div class="diff-line" data-state={line.state}>
            <span aria-hidden="true">{SIGNS[line.state]}</span>
            <span>
              <span class="visually-hidden">{line.state === "added" || line.state === "removed" ? `${line.state}: ` : ""}</span>
              {line.text || "\u00a0"}
            </span>
          </div>
        )}
      </For>
    </div>
  )
}

/** Leaves out what is far from every change. */
function shorten(part: readonly Line[], { first, last }: { first: boolean; last: boolean }): Line[] {
  const before = first ? 0 : AROUND
  const after = last ? 0 : AROUND
  const left = part.length - before - after
  if (part[0]?.state !== "same" || (first && last) || left < 3) return [...part]
  const note: Line = { state: "left", text: `${left} unchanged lines` }
  return [...part.slice(0, before), note, ...part.slice(part.length - after)]
}
