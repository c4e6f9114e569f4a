import { useQuery } from "../../api/use-query.ts"
import { createMemo, For, type JSX, Show } from "solid-js"
import { COMPUTE_TYPES, type ComputeType } from "#contract/clankers.ts"
import { hostsQuery } from "../../api/hosts.ts"
import { Checkbox } from "../../kit/checkbox.tsx"
import { ChoiceCards } from "../../kit/choice-cards.tsx"
import { FieldRow, MoreFields } from "../../kit/form.tsx"
import { Select } from "../../kit/select.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { STRATEGIES } from "../../parts/strategies.ts"
import { errorPath, type ReadConfig } from "./config.ts"
import { type ConfigField, type ConfigValues, fieldsOf } from "./fields.ts"
import { PasteConfig } from "./paste-config.tsx"

interface StrategyFieldsProps {
  computeType: ComputeType
  values: ConfigValues
  onComputeType: (computeType: ComputeType) => void
  onValue: (name: string, value: string) => void
  onPaste: (config: ReadConfig) => void
  errorAt: (path: string) => string | null
}

const CHOICES = COMPUTE_TYPES.map((value) => ({
  value,
  title: STRATEGIES[value].name,
  text: STRATEGIES[value].text,
  note: STRATEGIES[value].note,
}))

/** Where it runs: one card a strategy, and only the chosen one's fields. */
export function StrategyFields(props: StrategyFieldsProps): JSX.Element {
  const fields = createMemo(() => fieldsOf(props.computeType))
  const plain = () => fields().filter((field) => !field.more)
  const more = () => fields().filter((field) => field.more)
  const hasError = () => more().some((field) => props.errorAt(errorPath(props.computeType, field.name)) !== null)
  const one = (field: ConfigField) => (
    <OneField
      field={field}
      value={props.values[field.name] ?? ""}
      onChange={(value) => props.onValue(field.name, value)}
      error={props.errorAt(errorPath(props.computeType, field.name))}
    />
  )
  return (
    <div class="stack">
      <ChoiceCards
        legend="Deployment strategy"
        choices={CHOICES}
        value={props.computeType}
        onChange={props.onComputeType}
        error={props.errorAt("deploymentConfig.computeType")}
      />
      <PasteConfig onRead={props.onPaste} />
      <For each={plain().filter(isLong)}>{one}</For>
      <FieldRow>
        <For each={plain().filter((field) => !isLong(field) && field.kind !== "lines")}>{one}</For>
      </FieldRow>
      <FieldRow>
        <For each={plain().filter((field) => field.kind === "lines")}>{one}</For>
      </FieldRow>
      <Show when={more().length > 0}>
        <MoreFields summary="More settings" open={hasError()}>
          <FieldRow>
            <For each={more()}>{one}</For>
          </FieldRow>
        </MoreFields>
      </Show>
    </div>
  )
}

/** ARNs and image names need the whole line. */
const isLong = (field: ConfigField): boolean => field.kind === "text" && field.name !== "networkMode"

interface OneFieldProps {
  field: ConfigField
  value: string
  onChange: (value: string) => void
  error: string | null
}

function OneField(props: OneFieldProps): JSX.Element {
  const { field } = props
  switch (field.kind) {
    case "flag":
      return (
        <Checkbox
          label={field.label}
          hint={field.hint}
          checked={props.value === "true"}
          onChange={(on) => props.onChange(on ? "true" : "")}
        />
      )
    case "choice":
      return (
        <Select
          label={field.label}
          hint={field.hint}
          value={props.value}
          options={field.options}
          onChange={props.onChange}
          error={props.error}
        />
      )
    case "host":
      return <HostField {...props} />
    case "lines":
      return (
        <TextArea
          label={field.label}
          code
          optional
          rows={3}
          spellcheck={false}
          hint={field.hint}
          placeholder={field.placeholder}
          value={props.value}
          onInput={props.onChange}
          error={props.error}
        />
      )
    default:
      return (
        <TextField
          label={field.label}
          code={field.kind === "text"}
          optional
          inputMode={field.kind === "number" ? "decimal" : undefined}
          spellcheck={false}
          hint={field.hint}
          placeholder={field.placeholder ?? field.empty}
          value={props.value}
          onInput={props.onChange}
          error={props.error}
        />
      )
  }
}

/** A host that is not connected can be chosen: the start waits for it. */
function HostField(props: OneFieldProps): JSX.Element {
  const hosts = useQuery(hostsQuery)
  const options = createMemo(() => {
    const known = (dataOf(hosts)?.items ?? []).filter(({ revokedAt, id }) => revokedAt === null || id === props.value)
    const named = known.map(({ id, name, connected }) => ({ value: id, label: connected ? name : `${name} (not connected)` }))
    const lost = props.value !== "" && !known.some(({ id }) => id === props.value) ? [{ value: props.value, label: props.value }] : []
    return [{ value: "", label: "Any connected host" }, ...named, ...lost]
  })
  return (
    <Select
      label={props.field.label}
      hint="Which machine runs its jobs."
      value={props.value}
      options={options()}
      onChange={props.onChange}
      error={props.error}
    />
  )
}
