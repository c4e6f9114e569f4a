import { useQuery } from "../../api/use-query.ts"
import { createMemo, type JSX, Show } from "solid-js"
import CircleQuestionMark from "lucide-solid/icons/circle-question-mark"
import { AGENTS, brokerNote, heldByAgent } from "#contract/agents.ts"
import type { Clanker } from "#contract/clankers.ts"
import type { Secret } from "#contract/secrets.ts"
import { secretsQuery } from "../../api/secrets.ts"
import { Card } from "../../kit/card.tsx"
import { Notice } from "../../kit/notice.tsx"
import { ShortList } from "../../kit/short-list.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { LOCATION_LOOKS, ScmWarning } from "../../parts/secret-looks.tsx"
import { missingHint } from "../../parts/secret-picker.tsx"
import { LookBadge } from "../../parts/status-badge.tsx"

/** Secrets by name: which are ticked, and which the agent still lacks. */
export function SecretsCard(props: { clanker: Clanker }): JSX.Element {
  const secrets = useQuery(secretsQuery)
  return (
    <Card title="Secrets">
      <Loaded query={secrets} skeleton={<Skeleton lines={2} />}>
        {(page) => <Ticked clanker={props.clanker} secrets={page().items} />}
      </Loaded>
    </Card>
  )
}

function Ticked(props: { clanker: Clanker; secrets: readonly Secret[] }): JSX.Element {
  const ticked = createMemo(() => props.clanker.secretIds.map((id) => ({ id, secret: props.secrets.find((secret) => secret.id === id) })))
  const missing = () => missingHint(props.clanker.agent, props.secrets, props.clanker.secretIds)
  return (
    <>
      <Show when={missing()}>
        {(names) => (
          <Notice tone="waiting">
            <p>
              {AGENTS[props.clanker.agent].name} still needs {names()}. Edit the clanker and tick it.
            </p>
          </Notice>
        )}
      </Show>
      <Show when={ticked().length > 0} fallback={<Show when={!missing()}>{<p class="soft">None is ticked.</p>}</Show>}>
        <ShortList items={ticked()}>
          {({ id, secret }) => (
            <Show when={secret} fallback={<Gone id={id} />}>
              {(known) => <Known secret={known()} clanker={props.clanker} />}
            </Show>
          )}
        </ShortList>
      </Show>
    </>
  )
}

function Known(props: { secret: Secret; clanker: Clanker }): JSX.Element {
  const agent = () => props.clanker.agent
  const brokered = (): boolean => {
    const keys: readonly string[] = AGENTS[agent()].broker.keys
    return keys.includes(props.secret.name)
  }
  return (
    <>
      <span class="row">
        <code>{props.secret.name}</code>
        <LookBadge look={LOCATION_LOOKS[props.secret.location]} plain />
      </span>
      <Show when={brokered()}>
        <span class="small soft">The worker keeps this key. The agent gets a placeholder for it.</span>
      </Show>
      <Show when={heldByAgent(agent(), [props.secret.name]).length > 0}>
        <span class="small soft">The agent holds this key itself. {brokerNote(agent())}</span>
      </Show>
      <ScmWarning secret={props.secret} />
    </>
  )
}

function Gone(props: { id: string }): JSX.Element {
  return (
    <span class="row soft">
      <CircleQuestionMark size={14} aria-hidden="true" /> A secret that no longer exists: <code>{props.id}</code>
    </span>
  )
}
