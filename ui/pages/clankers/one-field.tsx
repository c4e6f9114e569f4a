import { createMemo, type JSX } from "solid-js"
import { hostsQuery } from "../../api/hosts.ts"
import { useQuery } from "../../api/use-query.ts"
import { Select } from "../../kit/select.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import type { ConfigField } from "./fields.ts"
import { needOf, type Sourced } from "./sources.ts"
import "./clankers.css"

interface OneFieldProps {
  field: ConfigField
  /** What a start would use here; unknown for Docker, and until the settings have come. */
  sourced: Sourced | undefined
  /** Whether the clanker has the slug that names are made from. */
  named: boolean
  value: string
  onChange: (value: string) => void
  error: string | null
}

/** One field of a strategy. An empty one says what a start takes in its place, or that it needs something. */
export function OneField(props: OneFieldProps): JSX.Element {
  const { field } = props
  const standsIn = () => standInOf(props)
  switch (field.kind) {
    case "flag":
      return (
        <Select
          label={field.label}
          hint={hasHint(props) ? <Hint {...props} /> : undefined}
          value={props.value}
          options={[
            { value: "", label: `Default: ${props.sourced?.value === "true" ? "yes" : "no"}` },
            { value: "true", label: "Yes" },
            { value: "false", label: "No" },
          ]}
          onChange={props.onChange}
          error={props.error}
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
          hint={hasHint(props) ? <Hint {...props} /> : undefined}
          placeholder={standsIn() ?? field.placeholder}
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
          hint={hasHint(props) ? <Hint {...props} /> : undefined}
          title={standsIn() ?? undefined}
          placeholder={standsIn() ?? field.placeholder ?? field.empty}
          value={props.value}
          onInput={props.onChange}
          error={props.error}
        />
      )
  }
}

/** What is used while the field is empty. A name is not known before there is a slug. */
function standInOf({ sourced, named, value }: OneFieldProps): string | null {
  if (sourced === undefined || value.trim() !== "" || sourced.value === "") return null
  return sourced.source === "installation" || (sourced.source === "made" && (named || sourced.name === "region")) ? sourced.value : null
}

const hasHint = (props: OneFieldProps): boolean => hintWords(props) !== "" || problemWords(props) !== null

function Hint(props: OneFieldProps): JSX.Element {
  return (
    <>
      {hintWords(props)} <span class="field-needed">{problemWords(props)}</span>
    </>
  )
}

const hintWords = (props: OneFieldProps): string => [props.field.hint, fallbackWords(props)].filter(Boolean).join(" ")

function fallbackWords({ sourced, value }: OneFieldProps): string | null {
  if (sourced === undefined || value.trim() !== "") return null
  if (sourced.source === "installation") return `From this installation${tailOf(sourced.value)}.`
  if (sourced.source === "made" || sourced.source === "default") return sourced.unset === null ? null : `Empty: ${lower(sourced.unset)}.`
  return null
}

/** A clanker can be saved without it: it is said before the start, not refused. */
function problemWords({ sourced }: OneFieldProps): string | null {
  if (!sourced?.problem) return null
  return `${sourced.source === "missing" ? "Needed" : "A start would refuse it"}: ${needOf(sourced)}.`
}

/** What a narrow field cuts off, and what tells ARNs and images from each other. */
const tailOf = (value: string): string => (/^[^\n]*\/[^\n/]+$/.test(value) ? `: ${value.split("/").at(-1)}` : "")

const lower = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1)

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
