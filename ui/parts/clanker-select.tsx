import { createMemo, type JSX } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import { type Option, Select } from "../kit/select.tsx"

interface ClankerSelectProps {
  label: string
  clankers: readonly Clanker[]
  value: string
  /** What no choice means: "None", "The default clanker". */
  none: string
  hint?: string | undefined
  error?: string | null | undefined
  onChange: (id: string) => void
}

/** Only clankers that take jobs can be chosen; the others say why not. One chosen before stays chosen. */
export function ClankerSelect(props: ClankerSelectProps): JSX.Element {
  const options = createMemo((): Option[] => {
    const gone = props.value !== "" && !props.clankers.some(({ id }) => id === props.value)
    return [
      { value: "", label: props.none },
      ...props.clankers.map((clanker) => toOption(clanker, props.value)),
      ...(gone ? [{ value: props.value, label: "A clanker that no longer exists" }] : []),
    ]
  })
  return (
    <Select label={props.label} hint={props.hint} error={props.error} value={props.value} options={options()} onChange={props.onChange} />
  )
}

function toOption(clanker: Clanker, chosen: string): Option {
  if (clanker.acceptsJobs) return { value: clanker.id, label: clanker.name }
  return { value: clanker.id, label: `${clanker.name} (${REASONS[clanker.status]})`, disabled: clanker.id !== chosen }
}

const REASONS = {
  inactive: "inactive: start it first",
  deploying: "still deploying",
  active: "takes no jobs now",
  failed: "its start failed",
} as const satisfies Record<Clanker["status"], string>
