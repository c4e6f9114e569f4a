import { For, type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import { CLAW_LIMITS, type ClawTemplate } from "#contract/claws.ts"
import type { TemplateWrite } from "../../api/claws.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Checkbox } from "../../kit/checkbox.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Select } from "../../kit/select.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { ClankerSelect } from "../../parts/clanker-select.tsx"
import { errorAt } from "../../parts/field-errors.ts"
import { MarkdownField } from "../../parts/markdown-field.tsx"
import { useProjectPermission } from "../../parts/permission.ts"
import { SecretTick } from "../../parts/secret-picker.tsx"
import { createSubmit } from "../../parts/submit.ts"
import type { Choices } from "./choices.tsx"

type Draft = Omit<TemplateWrite, "clankerId" | "baseBranch"> & { projectId: string; clankerId: string; baseBranch: string }

interface TemplateFormProps {
  /** The template that is edited; none for a new one. */
  template?: ClawTemplate | undefined
  choices: Choices
  act: string
  cancelHref: string
  onSave: (projectId: string, template: TemplateWrite) => Promise<void>
}

const FIELDS = ["projectId", "name", "description", "clankerId", "instructions", "secretIds", "baseBranch"]

export function TemplateForm(props: TemplateFormProps): JSX.Element {
  const [draft, set] = createStore<Draft>(draftOf(props.template, props.choices))
  const submit = createSubmit(() => props.onSave(draft.projectId, toRequest(draft)), FIELDS)
  const at = (path: string) => errorAt(submit, path)
  const { writeReason } = useProjectPermission(() => draft.projectId)
  const reason = () => writeReason() ?? whyNot(draft)
  return (
    <Form
      label={props.template ? `Edit ${props.template.name}` : "New task template"}
      onSubmit={async () => reason() === null && submit.run()}
    >
      <Card title="Task">
        <Show when={!props.template}>
          <Select
            label="Project"
            value={draft.projectId}
            options={props.choices.projects.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(projectId) => set({ projectId, secretIds: [] })}
            error={at("projectId")}
          />
        </Show>
        <TextField
          label="Name"
          required
          autofocus={!props.template}
          maxLength={100}
          placeholder="Update the dependencies"
          value={draft.name}
          onInput={(name) => set({ name })}
          error={at("name")}
        />
        <TextArea
          label="Description"
          optional
          rows={2}
          maxLength={2000}
          hint="For people who look through the list; the agent does not see it."
          value={draft.description}
          onInput={(description) => set({ description })}
          error={at("description")}
        />
        <MarkdownField
          label="Instructions"
          required
          rows={14}
          hint={`What the agent is to do, each time from the beginning. Markdown, up to ${CLAW_LIMITS.instructions.toLocaleString("en")} characters.`}
          value={draft.instructions}
          onInput={(instructions) => set({ instructions })}
          error={at("instructions")}
        />
      </Card>
      <HowItRuns draft={draft} choices={props.choices} errorAt={at} onChange={(changes) => set(changes)} />
      <Card title="Secrets">
        <Secrets draft={draft} choices={props.choices} error={at("secretIds")} onChange={(secretIds) => set({ secretIds })} />
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

function HowItRuns(props: {
  draft: Draft
  choices: Choices
  errorAt: (path: string) => string | null
  onChange: (changes: Partial<Draft>) => void
}): JSX.Element {
  const project = () => props.choices.projects.find(({ id }) => id === props.draft.projectId)
  return (
    <Card title="How it runs">
      <ClankerSelect
        label="Clanker"
        clankers={props.choices.clankers}
        none="The project’s default clanker"
        value={props.draft.clankerId}
        onChange={(clankerId) => props.onChange({ clankerId })}
        error={props.errorAt("clankerId")}
      />
      <TextField
        label="Base branch"
        code
        optional
        spellcheck={false}
        placeholder={project()?.baseBranch ?? "main"}
        hint="Where each run begins and its pull request goes."
        value={props.draft.baseBranch}
        onInput={(baseBranch) => props.onChange({ baseBranch })}
        error={props.errorAt("baseBranch")}
      />
      <Checkbox
        label="Open a pull request"
        hint="When something was changed. Without it nothing is pushed: the run’s log is what it leaves."
        checked={props.draft.opensPullRequest}
        onChange={(opensPullRequest) => props.onChange({ opensPullRequest })}
      />
    </Card>
  )
}

function Secrets(props: { draft: Draft; choices: Choices; error: string | null; onChange: (ids: string[]) => void }): JSX.Element {
  const usable = () => props.choices.secrets.filter(({ projectId }) => projectId === null || projectId === props.draft.projectId)
  const tick = (id: string, on: boolean) =>
    props.onChange(on ? [...props.draft.secretIds, id] : props.draft.secretIds.filter((other) => other !== id))
  return (
    <>
      <p class="small soft">What this task needs beside the clanker’s own. Where both have one of a name, this one counts.</p>
      <For each={usable()} fallback={<p class="small soft">There is none that this project may use.</p>}>
        {(secret) => (
          <SecretTick
            secret={secret}
            projects={props.choices.projects}
            checked={props.draft.secretIds.includes(secret.id)}
            onChange={(on) => tick(secret.id, on)}
          />
        )}
      </For>
      <Show when={props.error}>{(error) => <Notice tone="bad">Secrets: {error()}</Notice>}</Show>
    </>
  )
}

const draftOf = (template: ClawTemplate | undefined, { projects }: Choices): Draft => ({
  projectId: template?.projectId ?? projects.find(({ role }) => role !== "viewer")?.id ?? projects[0]?.id ?? "",
  name: template?.name ?? "",
  description: template?.description ?? "",
  clankerId: template?.clankerId ?? "",
  instructions: template?.instructions ?? "",
  secretIds: [...(template?.secretIds ?? [])],
  baseBranch: template?.baseBranch ?? "",
  opensPullRequest: template?.opensPullRequest ?? true,
})

const toRequest = ({ projectId: _, ...draft }: Draft): TemplateWrite => ({
  ...draft,
  secretIds: [...draft.secretIds],
  name: draft.name.trim(),
  description: draft.description.trim(),
  clankerId: draft.clankerId || null,
  baseBranch: draft.baseBranch.trim() || null,
})

function whyNot({ projectId, name, instructions }: Draft): string | null {
  if (projectId === "") return "First, a project is needed."
  if (name.trim() === "") return "Give the template a name."
  return instructions.trim() === "" ? "Write what is to be done." : null
}
