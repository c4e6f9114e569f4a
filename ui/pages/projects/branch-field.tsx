import { keepPreviousData } from "@tanstack/solid-query"
import { useQuery } from "../../api/use-query.ts"
import { createEffect, createSignal, For, type JSX, onCleanup, Show } from "solid-js"
import GitBranch from "lucide-solid/icons/git-branch"
import { BRANCH_TOKENS, DEFAULT_BRANCH_TEMPLATE } from "#contract/projects.ts"
import { branchPreviewQuery } from "../../api/projects.ts"
import { Button } from "../../kit/button.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import "./branch-field.css"

/** Typing pauses this long before the server is asked what the template makes. */
const PAUSE_MS = 250

/** The template of branch names, with the branch that it makes as one types. */
export function BranchField(props: { value: string; onInput: (template: string) => void; error: string | null }): JSX.Element {
  const [asked, setAsked] = createSignal(props.value)
  createEffect(() => {
    const template = props.value
    const timer = setTimeout(() => setAsked(template), PAUSE_MS)
    onCleanup(() => clearTimeout(timer))
  })
  const preview = useQuery(() => ({ ...branchPreviewQuery(asked().trim() || DEFAULT_BRANCH_TEMPLATE), placeholderData: keepPreviousData }))
  const wrong = () => props.error ?? dataOf(preview)?.errors[0] ?? null
  return (
    <div class="branch-field">
      <TextField
        label="Branch name template"
        code
        spellcheck={false}
        placeholder={DEFAULT_BRANCH_TEMPLATE}
        hint="Rendered when a ticket’s execution first starts."
        value={props.value}
        onInput={props.onInput}
        error={wrong()}
      />
      <div class="branch-tokens" role="group" aria-label="Add a token">
        <For each={BRANCH_TOKENS}>
          {(token) => (
            <Button size="s" onClick={() => props.onInput(`${props.value}{{ ${token} }}`)}>
              {token}
            </Button>
          )}
        </For>
      </div>
      <Show when={dataOf(preview)}>
        {(seen) => (
          <p class="branch-preview" role="status">
            <GitBranch size={14} aria-hidden="true" />
            <span class="soft">For ticket WEB-42:</span>{" "}
            <code>{seen().errors.length > 0 ? "no branch, correct the template" : seen().branch}</code>
          </p>
        )}
      </Show>
    </div>
  )
}
