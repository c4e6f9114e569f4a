import { useQuery } from "../../api/use-query.ts"
import { createMemo, For, type JSX, Show } from "solid-js"
import { COMPUTE_TYPES, type ComputeType } from "#contract/clankers.ts"
import type { Named } from "#contract/resolve.ts"
import { settingsQuery } from "../../api/settings.ts"
import { ChoiceCards } from "../../kit/choice-cards.tsx"
import { FieldRow, MoreFields } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { STRATEGIES } from "../../parts/strategies.ts"
import { paths } from "../../paths.ts"
import { errorPath, type ReadConfig } from "./config.ts"
import { type ConfigField, type ConfigValues, fieldsOf } from "./fields.ts"
import { OneField } from "./one-field.tsx"
import { PasteConfig } from "./paste-config.tsx"
import { sourcesOf } from "./sources.ts"

interface StrategyFieldsProps {
  computeType: ComputeType
  values: ConfigValues
  /** The clanker that is edited: names are made from its slug. */
  clanker?: Named | undefined
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
  const settings = useQuery(settingsQuery)
  const sources = createMemo(() => {
    const known = dataOf(settings)
    return known ? sourcesOf(props.computeType, props.values, props.clanker ?? UNNAMED, known) : []
  })
  const needed = () => sources().filter(({ problem }) => problem !== null)
  const isOpen = () =>
    more().some(
      ({ name }) => props.errorAt(errorPath(props.computeType, name)) !== null || needed().some((sourced) => sourced.name === name),
    )
  const one = (field: ConfigField) => (
    <OneField
      field={field}
      sourced={sources().find(({ name }) => name === field.name)}
      named={props.clanker !== undefined}
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
      <Show when={props.computeType !== "docker" && dataOf(settings)?.awsCredentials === null}>
        <Notice tone="waiting" title="This installation has no access to AWS">
          <p>
            The clanker can be saved; a start is refused until an admin has set it up. <a href={paths.settings()}>Settings</a> say how.
          </p>
        </Notice>
      </Show>
      <PasteConfig onRead={props.onPaste} />
      <For each={plain().filter(isLong)}>{one}</For>
      <FieldRow>
        <For each={plain().filter((field) => !isLong(field) && field.kind !== "lines")}>{one}</For>
      </FieldRow>
      <FieldRow>
        <For each={plain().filter((field) => field.kind === "lines")}>{one}</For>
      </FieldRow>
      <Show when={more().length > 0}>
        <MoreFields summary="More settings" open={isOpen()}>
          <FieldRow>
            <For each={more().filter((field) => !isLong(field))}>{one}</For>
          </FieldRow>
          <For each={more().filter(isLong)}>{one}</For>
        </MoreFields>
      </Show>
      <Show when={needed().length > 0}>
        <p class="small field-needed">
          A start still needs:{" "}
          {needed()
            .map(({ label }) => label)
            .join(", ")}
          . It can be saved without.
        </p>
      </Show>
    </div>
  )
}

/** ARNs and image names need the whole line. */
const isLong = (field: ConfigField): boolean => field.kind === "text" && !SHORT.includes(field.name)
const SHORT: readonly string[] = ["networkMode", "region"]

/** What stands for a clanker that has no slug yet. */
const UNNAMED: Named = { id: "", slug: "new" }
