import { createMemo, createSignal, For, type JSX, Show } from "solid-js"
import CircleCheck from "lucide-solid/icons/circle-check"
import KeyRound from "lucide-solid/icons/key-round"
import TriangleAlert from "lucide-solid/icons/triangle-alert"
import { AGENTS, type AgentSlug, missingSecretGroups } from "#contract/agents.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { Badge } from "../kit/badge.tsx"
import { Button } from "../kit/button.tsx"
import { Checkbox } from "../kit/checkbox.tsx"
import { FieldGroup } from "../kit/form.tsx"
import { Notice } from "../kit/notice.tsx"
import { NewSecret } from "./new-secret.tsx"
import { LOCATION_LOOKS, ScmWarning } from "./secret-looks.tsx"
import { LookBadge } from "./status-badge.tsx"
import "./secret-picker.css"

interface SecretPickerProps {
  agent: AgentSlug
  secrets: readonly Secret[]
  projects: readonly Pick<Project, "id" | "name">[]
  chosen: readonly string[]
  onChange: (ids: string[]) => void
  error?: string | null | undefined
}

/** Secrets to tick: first what the agent cannot do without, group by group, then the rest. */
export function SecretPicker(props: SecretPickerProps): JSX.Element {
  const [asking, setAsking] = createSignal<{ name: string } | null>(null)
  const groups = createMemo((): readonly (readonly string[])[] => AGENTS[props.agent].requiredSecrets)
  const named = (names: readonly string[]) => props.secrets.filter(({ name }) => names.includes(name))
  const others = () => props.secrets.filter(({ name }) => !groups().flat().includes(name))
  const tick = (id: string, on: boolean) => props.onChange(on ? [...props.chosen, id] : props.chosen.filter((other) => other !== id))
  const row = (secret: Secret) => (
    <SecretTick
      secret={secret}
      projects={props.projects}
      checked={props.chosen.includes(secret.id)}
      onChange={(on) => tick(secret.id, on)}
    />
  )
  return (
    <div class="stack">
      <For each={groups()}>
        {(names) => (
          <FieldGroup
            legend={`${AGENTS[props.agent].name} needs ${names.length > 1 ? "one of these" : "this"}`}
            hint={<Names names={names} />}
          >
            <Satisfied yes={props.secrets.some(({ id, name }) => props.chosen.includes(id) && names.includes(name))} />
            <For each={named(names)}>{row}</For>
            <div class="row">
              <For each={names.filter((name) => named([name]).length === 0)}>
                {(name) => (
                  <Button size="s" icon={KeyRound} onClick={() => setAsking({ name })}>
                    Store {name}
                  </Button>
                )}
              </For>
            </div>
          </FieldGroup>
        )}
      </For>
      <FieldGroup legend="Other secrets" hint="Whatever else the agent’s work needs: a registry’s token, a test account.">
        <For each={others()} fallback={<p class="small soft">There are no others yet.</p>}>
          {row}
        </For>
        <div class="row">
          <Button size="s" icon={KeyRound} onClick={() => setAsking({ name: "" })}>
            New secret
          </Button>
        </div>
      </FieldGroup>
      <Show when={props.error}>{(error) => <Notice tone="bad">Secrets: {error()}</Notice>}</Show>
      <NewSecret
        open={asking() !== null}
        name={asking()?.name}
        projects={props.projects}
        onCancel={() => setAsking(null)}
        onDone={({ id }) => {
          setAsking(null)
          tick(id, true)
        }}
      />
    </div>
  )
}

/** What of the agent's required groups no ticked secret satisfies; null when nothing is missing. */
export function missingHint(agent: AgentSlug, secrets: readonly Secret[], chosen: readonly string[]): string | null {
  const names = secrets.filter(({ id }) => chosen.includes(id)).map(({ name }) => name)
  const missing = missingSecretGroups(agent, names)
  return missing.length === 0 ? null : missing.map((group) => group.join(" or ")).join(", and ")
}

function Names(props: { names: readonly string[] }): JSX.Element {
  return (
    <span class="secret-names">
      <For each={props.names}>{(name) => <code>{name}</code>}</For>
    </span>
  )
}

function Satisfied(props: { yes: boolean }): JSX.Element {
  return (
    <div>
      <Show
        when={props.yes}
        fallback={
          <Badge tone="waiting" icon={TriangleAlert}>
            Still missing
          </Badge>
        }
      >
        <Badge tone="good" icon={CircleCheck}>
          Ticked
        </Badge>
      </Show>
    </div>
  )
}

export function SecretTick(props: {
  secret: Secret
  projects: SecretPickerProps["projects"]
  checked: boolean
  onChange: (on: boolean) => void
}): JSX.Element {
  const project = () => props.projects.find(({ id }) => id === props.secret.projectId)
  return (
    <Checkbox
      label={
        <span class="row">
          <code>{props.secret.name}</code>
          <LookBadge look={LOCATION_LOOKS[props.secret.location]} plain />
        </span>
      }
      checked={props.checked}
      onChange={props.onChange}
      hint={
        <>
          <Show when={props.secret.projectId !== null}>Used only in jobs of {project()?.name ?? "its project"}.</Show>
          <Show when={props.checked}>
            <ScmWarning secret={props.secret} />
          </Show>
        </>
      }
    />
  )
}
