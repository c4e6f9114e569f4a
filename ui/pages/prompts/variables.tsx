import { For, type JSX, Show } from "solid-js"
import { PROMPT_VARIABLES, type PromptVariable } from "#contract/prompts.ts"
import { Button } from "../../kit/button.tsx"
import { FieldGroup, MoreFields } from "../../kit/form.tsx"

const KINDS = [
  { kind: "plain", legend: "Values", hint: "One line each, of the ticket, the project and the run." },
  { kind: "untrusted", legend: "Texts of others", hint: "What people and agents wrote. Fenced as data, with where it came from." },
  { kind: "trusted", legend: "Instructions", hint: "Of the project or the scheduled task, as they are." },
] as const satisfies readonly { kind: (typeof PROMPT_VARIABLES)[PromptVariable]; legend: string; hint: string }[]

/** Every variable; a press puts it where the caret is. */
export function Variables(props: { names: readonly string[]; onInsert: (name: string) => void }): JSX.Element {
  return (
    <MoreFields summary="Insert a variable">
      <div class="template-variables">
        <For each={KINDS}>
          {({ kind, legend, hint }) => {
            const names = () => props.names.filter((name) => kindOf(name) === kind)
            return (
              <Show when={names().length > 0}>
                <FieldGroup legend={legend} hint={hint}>
                  <div class="row">
                    <For each={names()}>
                      {(name) => (
                        <Button size="s" onClick={() => props.onInsert(name)}>
                          {name}
                        </Button>
                      )}
                    </For>
                  </div>
                </FieldGroup>
              </Show>
            )
          }}
        </For>
        <p class="small soft">
          <code>{"{{#name}} … {{/name}}"}</code> keeps what is between for a value that is there, <code>{"{{^name}} … {{/name}}"}</code> for
          one that is not.
        </p>
      </div>
    </MoreFields>
  )
}

const kinds: Readonly<Record<string, (typeof PROMPT_VARIABLES)[PromptVariable]>> = PROMPT_VARIABLES
const kindOf = (name: string) => kinds[name] ?? "plain"
