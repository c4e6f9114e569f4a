import { type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import type { Settings } from "#contract/settings.ts"
import { editSettings, type SettingsWrite } from "../../api/settings.ts"
import { Button } from "../../kit/button.tsx"
import { Checkbox } from "../../kit/checkbox.tsx"
import { FieldRow, Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { toast } from "../../kit/toast.tsx"
import { toNumber } from "../../parts/lists.ts"
import { usePermission } from "../../parts/permission.ts"
import { createSubmit } from "../../parts/submit.ts"

interface Draft {
  maxConcurrency: string
  projectConcurrency: string
  requireSecondApprover: boolean
}

const draftOf = ({ maxConcurrency, projectConcurrency, requireSecondApprover }: Settings): Draft => ({
  maxConcurrency: String(maxConcurrency),
  projectConcurrency: projectConcurrency === null ? "" : String(projectConcurrency),
  requireSecondApprover,
})

/** How many jobs run at once, and who approves. */
export function RulesForm(props: { settings: Settings }): JSX.Element {
  const { adminReason } = usePermission()
  const [draft, set] = createStore(draftOf(props.settings))
  const submit = createSubmit(async () => {
    await editSettings(toRequest(draft))
    toast("The rules are saved.")
  }, ["maxConcurrency", "projectConcurrency"])
  const unchanged = () => JSON.stringify(draft) === JSON.stringify(draftOf(props.settings))
  const reason = () => adminReason() ?? (unchanged() ? "Nothing to save yet." : null)
  return (
    <Form label="Rules of the installation" onSubmit={async () => reason() === null && submit.run()}>
      <FieldRow>
        <TextField
          label="Jobs at once"
          inputMode="numeric"
          required
          hint="In the whole installation; each clanker has its own limit."
          value={draft.maxConcurrency}
          onInput={(maxConcurrency) => set({ maxConcurrency })}
          error={submit.fieldError("maxConcurrency")}
        />
        <TextField
          label="Jobs of one project at once"
          inputMode="numeric"
          optional
          placeholder="No limit"
          hint="The same for every project."
          value={draft.projectConcurrency}
          onInput={(projectConcurrency) => set({ projectConcurrency })}
          error={submit.fieldError("projectConcurrency")}
        />
      </FieldRow>
      <Checkbox
        label="Documents need a second approver"
        hint="Neither the author of the revision nor who started the job that wrote it."
        checked={draft.requireSecondApprover}
        onChange={(requireSecondApprover) => set({ requireSecondApprover })}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          Save the rules
        </Button>
      </FormFoot>
    </Form>
  )
}

const toRequest = ({ maxConcurrency, projectConcurrency, requireSecondApprover }: Draft): SettingsWrite => ({
  maxConcurrency: toNumber(maxConcurrency) ?? "",
  projectConcurrency: toNumber(projectConcurrency) ?? null,
  requireSecondApprover,
})
