import { createMemo, createSignal, For, type JSX, Show } from "solid-js"
import KeyRound from "lucide-solid/icons/key-round"
import type { Clanker } from "#contract/clankers.ts"
import { type Phase, PHASES } from "#contract/tickets.ts"
import type { Secret } from "#contract/secrets.ts"
import { Button } from "../../kit/button.tsx"
import { FieldGroup, FieldRow } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Select } from "../../kit/select.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { ClankerSelect } from "../../parts/clanker-select.tsx"
import { NewSecret } from "../../parts/new-secret.tsx"
import { PHASE_WORDS } from "../../parts/words.ts"
import type { ScmDraft } from "./scm-draft.ts"

interface ScmFieldsProps {
  draft: ScmDraft
  onChange: (changes: Partial<ScmDraft>) => void
  errorAt: (path: string) => string | null
  secrets: readonly Secret[]
  clankers: readonly Clanker[]
  /** The project that exists already; its own secrets can be chosen. */
  project: { id: string; name: string } | null
}

/** Who talks to the forge with which credential, and who does the work. */
export function ScmFields(props: ScmFieldsProps): JSX.Element {
  return (
    <>
      <FieldRow>
        <Select
          label="Provider"
          value={props.draft.provider}
          options={PROVIDERS}
          onChange={(provider) => props.onChange({ provider })}
          error={props.errorAt("scm.provider")}
        />
        <Show when={props.draft.provider !== ""}>
          <TextField
            label="API URL"
            code
            optional
            inputMode="url"
            spellcheck={false}
            placeholder="https://api.github.com"
            hint="For GitHub Enterprise: https://host/api/v3"
            value={props.draft.apiUrl}
            onInput={(apiUrl) => props.onChange({ apiUrl })}
            error={props.errorAt("scm.apiUrl")}
          />
        </Show>
      </FieldRow>
      <Show when={props.draft.provider !== ""}>
        <Credential {...props} />
      </Show>
      <ClankerSelect
        label="Default clanker"
        none="None: every run names one"
        hint="Only clankers that take jobs can be chosen."
        clankers={props.clankers}
        value={props.draft.defaultClankerId}
        onChange={(defaultClankerId) => props.onChange({ defaultClankerId })}
        error={props.errorAt("defaultClankerId")}
      />
      <FieldGroup legend="Another clanker for a phase">
        <FieldRow>
          <For each={PHASES}>
            {(phase) => (
              <ClankerSelect
                label={PHASE_WORDS[phase]}
                none="The default clanker"
                clankers={props.clankers}
                value={props.draft.phaseClankers[phase]}
                onChange={(id) => props.onChange({ phaseClankers: withPhase(props.draft.phaseClankers, phase, id) })}
                error={props.errorAt(`phaseClankers.${phase}`)}
              />
            )}
          </For>
        </FieldRow>
      </FieldGroup>
    </>
  )
}

const PROVIDERS = [
  { value: "github", label: "GitHub" },
  { value: "", label: "None: push only, no pull requests" },
] as const
const withPhase = (clankers: ScmDraft["phaseClankers"], phase: Phase, id: string) => ({ ...clankers, [phase]: id })

function Credential(props: ScmFieldsProps): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const usable = createMemo(() => props.secrets.filter(({ projectId }) => projectId === null || projectId === props.project?.id))
  const options = createMemo(() => {
    const gone = props.draft.secretId !== "" && !usable().some(({ id }) => id === props.draft.secretId)
    return [
      { value: "", label: "None: a public repository, or the worker’s own credential" },
      ...usable().map(({ id, name, projectId }) => ({ value: id, label: projectId === null ? name : `${name} (this project)` })),
      ...(gone ? [{ value: props.draft.secretId, label: "A secret that no longer exists" }] : []),
    ]
  })
  const readers = () => props.secrets.find(({ id }) => id === props.draft.secretId)?.usedBy.filter(({ type }) => type === "clanker") ?? []
  return (
    <>
      <Select
        label="Credential"
        hint="A token that may clone, push and open pull requests. It never reaches the agent."
        value={props.draft.secretId}
        options={options()}
        onChange={(secretId) => props.onChange({ secretId })}
        error={props.errorAt("scm.secretId")}
      />
      <div class="row">
        <Button size="s" icon={KeyRound} onClick={() => setAsking(true)}>
          New secret
        </Button>
      </div>
      <Show when={readers().length > 0}>
        <Notice tone="waiting">
          <p>
            This secret is also ticked on{" "}
            {readers()
              .map(({ name }) => name)
              .join(" and ")}
            : that agent can read the credential. Keep separate tokens.
          </p>
        </Notice>
      </Show>
      <NewSecret
        open={asking()}
        name="GITHUB_TOKEN"
        projectId={props.project?.id}
        projects={props.project ? [props.project] : []}
        onCancel={() => setAsking(false)}
        onDone={({ id }) => {
          setAsking(false)
          props.onChange({ secretId: id })
        }}
      />
    </>
  )
}
