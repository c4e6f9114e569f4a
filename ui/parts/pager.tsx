import { type JSX, Show } from "solid-js"
import ArrowLeft from "lucide-solid/icons/arrow-left"
import ArrowRight from "lucide-solid/icons/arrow-right"
import { Button } from "../kit/button.tsx"

/** The foot of a list that has more pages; nothing when it has one. */
export function Pager(props: { noun: string; cursor: string; nextCursor: string | null; onGo: (cursor: string) => void }): JSX.Element {
  return (
    <Show when={props.cursor || props.nextCursor}>
      <nav class="row" aria-label={`Pages of ${props.noun}`}>
        <Show when={props.cursor}>
          <Button icon={ArrowLeft} onClick={() => props.onGo("")}>
            Newest {props.noun}
          </Button>
        </Show>
        <Show when={props.nextCursor}>
          {(next) => (
            <Button icon={ArrowRight} onClick={() => props.onGo(next())}>
              Older {props.noun}
            </Button>
          )}
        </Show>
      </nav>
    </Show>
  )
}
