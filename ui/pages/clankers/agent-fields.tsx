import { createMemo, createUniqueId, For, type JSX, Show } from "solid-js"
import type { Agent } from "#contract/agents.ts"
import { ChoiceCards } from "../../kit/choice-cards.tsx"
import { FieldRow, MoreFields } from "../../kit/form.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { AgentIcon } from "../../parts/agent-icon.tsx"
import type { Draft } from "./draft.ts"

interface AgentFieldsProps {
  agents: readonly Agent[]
  draft: Pick<Draft, "agent" | "model" | "baseUrl" | "extraArgs">
  onChange: (changes: Partial<Draft>) => void
  errorAt: (path: string) => string | null
}

/** Which CLI does the work, and how it is called. */
export function AgentFields(props: AgentFieldsProps): JSX.Element {
  const modelsId = createUniqueId()
  const urlsId = createUniqueId()
  const agent = createMemo(() => props.agents.find(({ slug }) => slug === props.draft.agent))
  const choices = createMemo(() =>
    props.agents.map(({ slug, name, description }) => ({
      value: slug,
      title: name,
      text: description,
      mark: <AgentIcon agent={slug} />,
    })),
  )
  return (
    <div class="stack">
      <ChoiceCards
        legend="Agent"
        choices={choices()}
        value={props.draft.agent}
        onChange={(slug) => props.onChange({ agent: slug })}
        error={props.errorAt("agent")}
      />
      <FieldRow>
        <TextField
          label="Model"
          code
          optional
          list={modelsId}
          placeholder={agent()?.defaultModel ?? "The CLI’s own choice"}
          hint={agent()?.defaultModel ? undefined : "Empty: the CLI chooses."}
          value={props.draft.model}
          onInput={(model) => props.onChange({ model })}
          error={props.errorAt("agentSettings.model")}
        />
        <TextField
          label="Base URL"
          code
          optional
          list={urlsId}
          inputMode="url"
          hint="For an endpoint of your own."
          value={props.draft.baseUrl}
          onInput={(baseUrl) => props.onChange({ baseUrl })}
          error={props.errorAt("agentSettings.baseUrl")}
        />
      </FieldRow>
      <MoreFields summary="Extra arguments" open={props.draft.extraArgs !== ""}>
        <TextArea
          label="Arguments for the CLI"
          code
          optional
          rows={3}
          hint="One argument a line, as it is."
          value={props.draft.extraArgs}
          onInput={(extraArgs) => props.onChange({ extraArgs })}
          error={props.errorAt("agentSettings.extraArgs")}
        />
      </MoreFields>
      <Show when={agent()}>
        {(known) => (
          <>
            <Suggestions id={modelsId} values={known().models} />
            <Suggestions id={urlsId} values={known().baseUrlPresets} />
          </>
        )}
      </Show>
    </div>
  )
}

function Suggestions(props: { id: string; values: readonly string[] }): JSX.Element {
  return (
    <datalist id={props.id}>
      <For each={props.values}>{(value) => <option value={value} />}</For>
    </datalist>
  )
}
