import { type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import { type Agent, AGENTS } from "#contract/agents.ts"
import type { Clanker } from "#contract/clankers.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { ClankerWrite, ConfigFile } from "../../api/clankers.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { FieldRow, Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { errorAt } from "../../parts/field-errors.ts"
import { usePermission } from "../../parts/permission.ts"
import { missingHint, SecretPicker } from "../../parts/secret-picker.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { AgentFields } from "./agent-fields.tsx"
import { errorPath } from "./config.ts"
import { type Draft, draftOf, emptyDraft, filesOf, toRequest, whyNot } from "./draft.ts"
import { CONFIG_FIELDS } from "./fields.ts"
import { FilesFields } from "./files-fields.tsx"
import { ImageHint } from "./image-hint.tsx"
import { StrategyFields } from "./strategy-fields.tsx"

interface ClankerFormProps {
  /** The clanker that is edited; none for a new one. */
  clanker?: Clanker | undefined
  /** The files of its newest revision, with their contents. */
  files?: readonly ConfigFile[] | undefined
  agents: readonly Agent[]
  secrets: readonly Secret[]
  projects: readonly Project[]
  act: string
  onSave: (clanker: ClankerWrite) => Promise<void>
  cancelHref: string
}

export function ClankerForm(props: ClankerFormProps): JSX.Element {
  const { adminReason } = usePermission()
  const [draft, set] = createStore<Draft>(props.clanker ? draftOf(props.clanker, props.files ?? []) : emptyDraft())
  const before = filesOf(draft)
  const submit = createSubmit(() => props.onSave(toRequest(draft, before)), KNOWN_FIELDS)
  const at = (path: string) => errorAt(submit, path)
  const reason = () => adminReason() ?? whyNot(draft)
  const missing = () => missingHint(draft.agent, props.secrets, draft.secretIds)
  return (
    <Form label={props.clanker ? `Edit ${props.clanker.name}` : "New clanker"} onSubmit={async () => reason() === null && submit.run()}>
      <Card title="About">
        <TextField
          label="Name"
          required
          autofocus={!props.clanker}
          maxLength={100}
          value={draft.name}
          onInput={(name) => set({ name })}
          error={at("name")}
        />
        <TextArea
          label="Description"
          optional
          rows={2}
          maxLength={2000}
          hint="What it is good for: people read it when they choose one."
          value={draft.description}
          onInput={(description) => set({ description })}
          error={at("description")}
        />
      </Card>
      <Card title="Agent">
        <AgentFields agents={props.agents} draft={draft} onChange={(changes) => set(changes)} errorAt={at} />
      </Card>
      <Card title="Where it runs">
        <StrategyFields
          computeType={draft.computeType}
          values={draft.config[draft.computeType]}
          clanker={props.clanker}
          onComputeType={(computeType) => set({ computeType })}
          onValue={(name, value) => set("config", draft.computeType, name, value)}
          onPaste={({ computeType, values }) => set({ computeType, config: { ...draft.config, [computeType]: values } })}
          errorAt={at}
        />
        <ImageHint agents={props.agents} draft={draft} />
      </Card>
      <Card title="Secrets">
        <SecretPicker
          agent={draft.agent}
          secrets={props.secrets}
          projects={props.projects}
          chosen={draft.secretIds}
          onChange={(secretIds) => set({ secretIds })}
          error={at("secretIds")}
        />
      </Card>
      <Card title="Instructions and skills">
        <FilesFields agent={draft.agent} files={draft.files} onChange={(files) => set({ files })} errorAt={at} />
      </Card>
      <Card title="Limits">
        <Limits draft={draft} onChange={(changes) => set(changes)} errorAt={at} />
      </Card>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot stuck>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          {props.act}
        </Button>
        <LinkButton href={props.cancelHref}>Cancel</LinkButton>
        <Show when={missing()}>
          <p class="small soft">A secret that {AGENTS[draft.agent].name} needs is not ticked yet.</p>
        </Show>
      </FormFoot>
    </Form>
  )
}

function Limits(props: {
  draft: Pick<Draft, "maxConcurrency" | "maxExecutionTime">
  onChange: (changes: Partial<Draft>) => void
  errorAt: (path: string) => string | null
}): JSX.Element {
  return (
    <FieldRow>
      <TextField
        label="Max concurrency"
        inputMode="numeric"
        required
        hint="Jobs that may run at once; others wait. Applies at once."
        value={props.draft.maxConcurrency}
        onInput={(maxConcurrency) => props.onChange({ maxConcurrency })}
        error={props.errorAt("maxConcurrency")}
      />
      <TextField
        label="Max execution time (seconds)"
        inputMode="numeric"
        optional
        placeholder="2700"
        hint="60 or more. A project or a run may say otherwise."
        value={props.draft.maxExecutionTime}
        onInput={(maxExecutionTime) => props.onChange({ maxExecutionTime })}
        error={props.errorAt("maxExecutionTime")}
      />
    </FieldRow>
  )
}

/** Everything that shows its own error: the rest stands at the form's end. */
const KNOWN_FIELDS: readonly string[] = [
  ...["name", "description", "agent", "agentSettings.model", "agentSettings.baseUrl", "agentSettings.extraArgs", "secretIds", "files"],
  ...["maxConcurrency", "maxExecutionTime", "deploymentConfig.computeType"],
  ...CONFIG_FIELDS.lambda.map(({ name }) => errorPath("lambda", name)),
  ...CONFIG_FIELDS.ecs.map(({ name }) => errorPath("ecs", name)),
  ...CONFIG_FIELDS.docker.map(({ name }) => errorPath("docker", name)),
]
