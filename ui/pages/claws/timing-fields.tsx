import { For, type JSX, Show } from "solid-js"
import { Button } from "../../kit/button.tsx"
import { FieldRow } from "../../kit/form.tsx"
import { Segmented } from "../../kit/segmented.tsx"
import { TextField } from "../../kit/text-field.tsx"
import type { ScheduleDraft } from "./schedule-draft.ts"
import { timingInWords } from "./words.ts"

interface TimingFieldsProps {
  draft: ScheduleDraft
  onChange: (changes: Partial<ScheduleDraft>) => void
  error: (field: "cron" | "interval" | "anchorAt" | "timeZone") => string | null
}

const COMMON = [
  { label: "Every hour", cron: "0 * * * *" },
  { label: "Every day at 9", cron: "0 9 * * *" },
  { label: "Weekdays at 9", cron: "0 9 * * 1-5" },
  { label: "Mondays at 9", cron: "0 9 * * 1" },
  { label: "First of the month", cron: "0 9 1 * *" },
]
const here = Intl.DateTimeFormat().resolvedOptions().timeZone
const ZONES = Intl.supportedValuesOf("timeZone")

export function TimingFields(props: TimingFieldsProps): JSX.Element {
  return (
    <>
      <Segmented
        label="How it is timed"
        options={[
          { value: "cron", label: "At times (cron)" },
          { value: "interval", label: "In intervals" },
        ]}
        value={props.draft.kind}
        onChange={(kind) => props.onChange({ kind })}
      />
      <Show when={props.draft.kind === "cron"} fallback={<Interval {...props} />}>
        <Cron {...props} />
      </Show>
      <TextField
        label="Time zone"
        required
        list="time-zones"
        autocomplete="off"
        spellcheck={false}
        hint={`An IANA name. This browser’s is ${here}.`}
        value={props.draft.timeZone}
        onInput={(timeZone) => props.onChange({ timeZone })}
        error={props.error("timeZone")}
      />
      <datalist id="time-zones">
        <For each={["UTC", ...ZONES]}>{(zone) => <option value={zone} />}</For>
      </datalist>
    </>
  )
}

function Cron(props: TimingFieldsProps): JSX.Element {
  return (
    <>
      <TextField
        label="Cron expression"
        code
        required
        spellcheck={false}
        autocomplete="off"
        hint={timingInWords({ cron: props.draft.cron, interval: null }) ?? "Minute, hour, day of month, month, day of week."}
        value={props.draft.cron}
        onInput={(cron) => props.onChange({ cron })}
        error={props.error("cron")}
      />
      <div class="row" role="group" aria-label="Common times">
        <For each={COMMON}>
          {({ label, cron }) => (
            <Button size="s" onClick={() => props.onChange({ cron })}>
              {label}
            </Button>
          )}
        </For>
      </div>
    </>
  )
}

function Interval(props: TimingFieldsProps): JSX.Element {
  return (
    <FieldRow>
      <TextField
        label="Interval"
        code
        required
        spellcheck={false}
        autocomplete="off"
        hint={timingInWords({ cron: null, interval: props.draft.interval }) ?? "90m, 12h, 2d or 1w. A day is 24 hours."}
        value={props.draft.interval}
        onInput={(interval) => props.onChange({ interval })}
        error={props.error("interval")}
      />
      <TextField
        label="Counted from"
        optional
        type="datetime-local"
        hint={`In this browser’s zone (${here}). Empty: from the moment it is saved.`}
        value={props.draft.anchorAt}
        onInput={(anchorAt) => props.onChange({ anchorAt })}
        error={props.error("anchorAt")}
      />
    </FieldRow>
  )
}
