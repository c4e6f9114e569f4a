import { createUniqueId, For, type JSX, Show } from "solid-js"
import "./choice-cards.css"

export interface Choice<V extends string> {
  value: V
  title: string
  text: string
  /** Beside the title; a word must say what it shows. */
  mark?: JSX.Element | undefined
  /** A small line under the text. */
  note?: string | undefined
}
interface ChoiceCardsProps<V extends string> {
  legend: string
  choices: readonly Choice<V>[]
  value: V
  onChange: (value: V) => void
  error?: string | null | undefined
  /** Under each other, for choices that go up like stairs. */
  stacked?: boolean | undefined
}

/** One of few, each with what one must know to choose: radio buttons that are cards. */
export function ChoiceCards<V extends string>(props: ChoiceCardsProps<V>): JSX.Element {
  const name = createUniqueId()
  return (
    <fieldset class="choices" data-stacked={props.stacked ? "" : undefined} aria-describedby={props.error ? `${name}-error` : undefined}>
      <legend class="visually-hidden">{props.legend}</legend>
      <For each={props.choices}>
        {(choice, index) => (
          <label class="choice">
            <input
              type="radio"
              name={name}
              checked={choice.value === props.value}
              aria-labelledby={`${name}-${index()}-title`}
              aria-describedby={`${name}-${index()}-text`}
              onChange={() => props.onChange(choice.value)}
            />
            <span class="choice-title" id={`${name}-${index()}-title`}>
              {choice.mark}
              {choice.title}
            </span>
            <span class="choice-text" id={`${name}-${index()}-text`}>
              {choice.text}
              <Show when={choice.note}>
                <small class="choice-note">{choice.note}</small>
              </Show>
            </span>
          </label>
        )}
      </For>
      <Show when={props.error}>
        <div id={`${name}-error`} class="field-error">
          {props.error}
        </div>
      </Show>
    </fieldset>
  )
}
