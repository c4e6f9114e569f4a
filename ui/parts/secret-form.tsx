import { createSignal, type JSX, Match, Show, Switch } from "solid-js"
import { createStore } from "solid-js/store"
import type { Project } from "#contract/projects.ts"
import { RESERVED_SECRET_NAMES, SECRET_NAME, type Secret, type SecretLocation } from "#contract/secrets.ts"
import { createSecret, type NewSecret } from "../api/secrets.ts"
import { Button } from "../kit/button.tsx"
import { ChoiceCards } from "../kit/choice-cards.tsx"
import { Form, FormFoot } from "../kit/form.tsx"
import { Notice } from "../kit/notice.tsx"
import { Select } from "../kit/select.tsx"
import { TextArea } from "../kit/text-area.tsx"
import { TextField } from "../kit/text-field.tsx"
import { usePermission, useProjectPermission } from "./permission.ts"
import { createSubmit } from "./submit.ts"

export interface SecretFormProps {
  projects: readonly Pick<Project, "id" | "name">[]
  /** What the form begins with: the name that an agent asks for, the project whose page this is. */
  name?: string | undefined
  projectId?: string | undefined
  onDone: (secret: Secret) => void
  onCancel: () => void
}
interface Draft {
  name: string
  location: SecretLocation
  value: string
  reference: string
  projectId: string
}

const LOCATIONS = [
  { value: "database", title: "Database", text: "Kept here, encrypted. Write-only: it is never shown again." },
  { value: "env", title: "Environment", text: "The worker’s own environment has it. Only its name is kept here." },
  { value: "ssm", title: "AWS SSM", text: "Written to a SecureString parameter, and read by workers with their own role. Not kept here." },
] as const

export function SecretForm(props: SecretFormProps): JSX.Element {
  const { adminReason } = usePermission()
  const [draft, set] = createStore<Draft>({
    name: props.name ?? "",
    location: "database",
    value: "",
    reference: "",
    projectId: props.projectId ?? "",
  })
  const [left, setLeft] = createSignal(false)
  const submit = createSubmit(
    async () => props.onDone(await createSecret(toRequest(draft))),
    ["name", "value", "reference", "projectId", "location"],
  )
  const { writeReason } = useProjectPermission(() => draft.projectId)
  const reason = () => (draft.projectId === "" ? adminReason() : writeReason()) ?? whyNot(draft)
  return (
    <Form label="New secret" onSubmit={async () => reason() === null && submit.run()}>
      <TextField
        label="Name"
        code
        required
        autofocus
        autocomplete="off"
        spellcheck={false}
        placeholder="ANTHROPIC_API_KEY"
        hint="The name of the variable that the agent reads: capitals, digits and underscores."
        value={draft.name}
        onInput={(name) => set("name", name)}
        onBlur={() => setLeft(true)}
        error={submit.fieldError("name") ?? (left() ? nameError(draft.name) : null)}
      />
      <Select
        label="Who may use it"
        hint="A project’s secret is used only in that project’s jobs."
        value={draft.projectId}
        options={[
          { value: "", label: "Every project (installation)" },
          ...props.projects.map(({ id, name }) => ({ value: id, label: `Only ${name}` })),
        ]}
        onChange={(projectId) => set("projectId", projectId)}
        error={submit.fieldError("projectId")}
      />
      <ChoiceCards
        legend="Where the value is kept"
        choices={LOCATIONS}
        value={draft.location}
        onChange={(location) => set("location", location)}
        error={submit.fieldError("location")}
      />
      <Kept draft={draft} onChange={(changes) => set(changes)} fieldError={submit.fieldError} />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          Store the secret
        </Button>
        <Button onClick={props.onCancel}>Cancel</Button>
      </FormFoot>
    </Form>
  )
}

/** What the chosen place asks for. */
function Kept(props: {
  draft: Draft
  onChange: (changes: Partial<Draft>) => void
  fieldError: (path: string) => string | null
}): JSX.Element {
  return (
    <Switch>
      <Match when={props.draft.location === "database"}>
        <SecretValue value={props.draft.value} onInput={(value) => props.onChange({ value })} error={props.fieldError("value")} />
      </Match>
      <Match when={props.draft.location === "ssm"}>
        <SecretValue optional value={props.draft.value} onInput={(value) => props.onChange({ value })} error={props.fieldError("value")} />
        <TextField
          label="Parameter path"
          code
          required={props.draft.value === ""}
          placeholder="/viberator/secrets/dev/shared/ANTHROPIC_API_KEY"
          hint="With a value it may stay empty. Without one, this is a parameter that you keep yourself."
          value={props.draft.reference}
          onInput={(reference) => props.onChange({ reference })}
          error={props.fieldError("reference")}
        />
      </Match>
      <Match when={props.draft.location === "env"}>
        <Notice tone="quiet">
          <p>The worker’s environment must have a variable of this name. A host forwards only names that it was told to forward.</p>
        </Notice>
      </Match>
    </Switch>
  )
}

/** A value to store: several lines are welcome (a PEM), and no browser offers to remember it. */
export function SecretValue(props: {
  value: string
  onInput: (value: string) => void
  error: string | null
  optional?: boolean
}): JSX.Element {
  return (
    <TextArea
      label="Value"
      code
      required={!props.optional}
      rows={3}
      autocomplete="off"
      spellcheck={false}
      hint="Write-only: nobody can read it back, here or by the API."
      value={props.value}
      onInput={props.onInput}
      error={props.error}
    />
  )
}

function toRequest({ name, location, value, reference, projectId }: Draft): NewSecret {
  return {
    name: name.trim(),
    location,
    ...(location === "database" || (location === "ssm" && value !== "") ? { value } : {}),
    ...(location === "ssm" && reference.trim() ? { reference: reference.trim() } : {}),
    ...(projectId ? { projectId } : {}),
  }
}

function nameError(name: string): string | null {
  if (name.trim() === "") return null
  if (!SECRET_NAME.test(name.trim())) return "must be capitals, digits and underscores, starting with a letter"
  return RESERVED_SECRET_NAMES.test(name.trim()) ? "is reserved: choose another name" : null
}

function whyNot({ name, location, value, reference }: Draft): string | null {
  if (name.trim() === "") return "Give the secret a name."
  if (nameError(name)) return "Correct the name first."
  if (location === "database" && value === "") return "Enter the value."
  if (location === "ssm" && value === "" && reference.trim() === "") return "Enter a value, or the path of a parameter."
  return null
}
