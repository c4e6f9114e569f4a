import { keepPreviousData } from "@tanstack/solid-query"
import { type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import { type ClawSchedule, type ClawTemplate, MISSED_RUNS, OVERLAPS } from "#contract/claws.ts"
import { type ScheduleWrite, schedulePreviewQuery } from "../../api/claws.ts"
import { ApiError } from "../../api/client.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Checkbox } from "../../kit/checkbox.tsx"
import { FieldRow, Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Select } from "../../kit/select.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { afterPause } from "../../parts/after-pause.ts"
import { errorAt } from "../../parts/field-errors.ts"
import { useProjectPermission } from "../../parts/permission.ts"
import { createSubmit } from "../../parts/submit.ts"
import { MISSED_WORDS, OVERLAP_WORDS } from "./looks.tsx"
import { Preview } from "./next-runs.tsx"
import { isTimed, type ScheduleDraft, timingOf, toRequest, whyNot } from "./schedule-draft.ts"
import { TimingFields } from "./timing-fields.tsx"

interface ScheduleFormProps {
  schedule?: ClawSchedule | undefined
  initial: ScheduleDraft
  templates: readonly ClawTemplate[]
  act: string
  cancelHref: string
  onSave: (templateId: string, write: Partial<ScheduleWrite>) => Promise<void>
}
interface PartProps {
  draft: ScheduleDraft
  onChange: (changes: Partial<ScheduleDraft>) => void
  error: (field: string) => string | null
}

const TIMES = ["cron", "interval", "anchorAt", "timeZone"] as const
const FIELDS = ["templateId", "name", "overlap", "missedRuns", "webhook.url", ...TIMES]

export function ScheduleForm(props: ScheduleFormProps): JSX.Element {
  const [draft, set] = createStore<ScheduleDraft>(props.initial)
  const submit = createSubmit(() => props.onSave(draft.templateId, toRequest(draft, props.schedule)), FIELDS)
  const template = () => props.templates.find(({ id }) => id === draft.templateId)
  const { writeReason } = useProjectPermission(() => template()?.projectId)
  const asked = afterPause(() => JSON.stringify(timingOf(draft)))
  const preview = useQuery(() => ({
    ...schedulePreviewQuery(JSON.parse(asked())),
    enabled: isTimed(draft),
    placeholderData: keepPreviousData,
  }))
  const previewError = (field: string) => (preview.error instanceof ApiError ? (preview.error.fields[field] ?? null) : null)
  const error = (field: string) => errorAt(submit, field) ?? (isTimed(draft) ? previewError(field) : null)
  const wrong = () => (TIMES.some((field) => isTimed(draft) && previewError(field)) ? "Correct the time first." : null)
  const reason = () => writeReason() ?? whyNot(draft) ?? wrong()
  const part = {
    draft,
    error,
    onChange: (changes: Partial<ScheduleDraft>) => {
      submit.reset()
      set(changes)
    },
  }
  return (
    <Form label={props.schedule ? `Edit ${props.schedule.name}` : "New schedule"} onSubmit={async () => reason() === null && submit.run()}>
      <Card title="Schedule">
        <Show when={!props.schedule}>
          <Select
            label="Task template"
            value={draft.templateId}
            options={[
              ...(draft.templateId === "" ? [{ value: "", label: "Choose one" }] : []),
              ...props.templates.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={(templateId) => part.onChange({ templateId })}
            error={error("templateId")}
          />
        </Show>
        <TextField
          label="Name"
          required
          autofocus={!props.schedule}
          maxLength={100}
          placeholder="Every weekday morning"
          value={draft.name}
          onInput={(name) => part.onChange({ name })}
          error={error("name")}
        />
      </Card>
      <Card title="When">
        <TimingFields {...part} />
      </Card>
      <Preview preview={preview} timeZone={draft.timeZone} wanted={isTimed(draft)} />
      <Card title="When something is in the way">
        <Exceptions {...part} />
      </Card>
      <Card title="Webhook">
        <WebhookFields {...part} known={props.schedule?.webhook !== null && props.schedule !== undefined} />
      </Card>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot stuck>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          {props.act}
        </Button>
        <LinkButton href={props.cancelHref}>Cancel</LinkButton>
      </FormFoot>
    </Form>
  )
}

function Exceptions(props: PartProps): JSX.Element {
  return (
    <FieldRow>
      <Select
        label="The run before has not ended"
        value={props.draft.overlap}
        options={OVERLAPS.map((value) => ({ value, label: OVERLAP_WORDS[value] }))}
        onChange={(overlap) => props.onChange({ overlap })}
        error={props.error("overlap")}
      />
      <Select
        label="Runs were missed"
        hint="Because Viberglass itself was not running."
        value={props.draft.missedRuns}
        options={MISSED_RUNS.map((value) => ({ value, label: MISSED_WORDS[value] }))}
        onChange={(missedRuns) => props.onChange({ missedRuns })}
        error={props.error("missedRuns")}
      />
    </FieldRow>
  )
}

/** `known`: it has a signing secret already, which a new address keeps. */
function WebhookFields(props: PartProps & { known: boolean }): JSX.Element {
  return (
    <>
      <Checkbox
        label="Tell another program"
        hint="When a run starts and ends, and when the schedule pauses itself. Each message is signed."
        checked={props.draft.webhook}
        onChange={(webhook) => props.onChange({ webhook })}
      />
      <Show when={props.draft.webhook}>
        <TextField
          label="URL"
          code
          required
          spellcheck={false}
          placeholder="https://example.com/hooks/viberglass"
          hint={props.known ? "Another address keeps the signing secret." : "Its signing secret is shown once, after saving."}
          value={props.draft.webhookUrl}
          onInput={(webhookUrl) => props.onChange({ webhookUrl })}
          error={props.error("webhook.url") ?? props.error("webhook")}
        />
      </Show>
    </>
  )
}
