import { For, type JSX, Show } from "solid-js"
import type { PromptPreview } from "#contract/prompts.ts"
import { ApiError } from "../../api/client.ts"
import type { Asked } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Notice } from "../../kit/notice.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { endOfTag, offsetIn, placeOf } from "./places.ts"

export interface Trouble {
  what: string
  /** What is to be selected; null when the server does not say where it is. */
  at: { line: number; column: number; from: number; to: number } | null
}

/** What keeps a text from being saved, by the server's word on it. */
export function troublesOf(preview: Asked<PromptPreview>, text: string): Trouble[] {
  if (preview.error instanceof ApiError) {
    const sentence = preview.error.fields["template"]
    if (sentence === undefined) return []
    const offset = offsetIn(sentence)
    return [{ what: `The text ${sentence}`, at: offset === null ? null : placed(text, offset) }]
  }
  return (dataOf(preview)?.unknown ?? []).map(({ name, offset }) => ({
    what: name === "" ? "A tag without a name" : `“${name}” is no variable`,
    at: placed(text, offset),
  }))
}

const placed = (text: string, from: number) => ({ ...placeOf(text, from), from, to: endOfTag(text, from) })

/** Each trouble leads to its place. */
export function Troubles(props: { troubles: readonly Trouble[]; onGo: (at: NonNullable<Trouble["at"]>) => void }): JSX.Element {
  return (
    <Show when={props.troubles.length > 0}>
      <Notice tone="bad" title="This cannot be saved">
        <ul class="template-troubles" aria-label="What is wrong">
          <For each={props.troubles}>
            {(trouble) => (
              <li class="row">
                <span>{trouble.what}</span>
                <Show when={trouble.at}>
                  {(at) => (
                    <Button size="s" onClick={() => props.onGo(at())}>
                      Go to line {at().line}, column {at().column}
                    </Button>
                  )}
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Notice>
    </Show>
  )
}
