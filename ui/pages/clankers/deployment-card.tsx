import { createMemo, type JSX, Show } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import { Card } from "../../kit/card.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { Facts } from "../../kit/facts.tsx"
import { type DeploymentFact, factsOf } from "../../parts/fact-list.ts"
import { type Step, StepsList } from "../../parts/steps-list.tsx"

/** What the last start did, step by step, and what stands there now. */
export function DeploymentCard(props: { clanker: Clanker }): JSX.Element {
  const steps = createMemo(() => toSteps(props.clanker))
  const facts = createMemo(() => factsOf(props.clanker.deployment?.facts ?? {}))
  return (
    <Card title="Deployment" aside={<Serving clanker={props.clanker} />}>
      <Show
        when={props.clanker.deployment}
        fallback={<p class="soft">Nothing is deployed yet. A start makes it, and shows each step here.</p>}
      >
        <div role="status" aria-label="Deployment steps">
          <StepsList steps={steps()} label="Deployment steps" />
        </div>
        <Show when={facts().length > 0}>
          <Facts facts={facts().map((fact) => ({ term: fact.term, value: <FactValue fact={fact} /> }))} />
        </Show>
      </Show>
    </Card>
  )
}

function Serving(props: { clanker: Clanker }): JSX.Element {
  return <Show when={props.clanker.servingRevision}>{(revision) => <span class="small soft">Jobs use revision {revision()}</span>}</Show>
}

function FactValue(props: { fact: DeploymentFact }): JSX.Element {
  return (
    <Show when={props.fact.copy} fallback={props.fact.shown}>
      {(text) => <Copyable text={text()} what={props.fact.term.toLowerCase()} shown={props.fact.shown} />}
    </Show>
  )
}

/** A step says only when it began or, once over, when it ended: it began when the one before it ended. */
function toSteps({ deployment, status, statusMessage }: Clanker): Step[] {
  const steps = deployment?.steps ?? []
  return steps.map((step, at) => ({
    word: step.name.charAt(0).toUpperCase() + step.name.slice(1),
    state: step.state,
    startedAt: step.state === "running" ? step.at : (steps[at - 1]?.at ?? null),
    endedAt: step.state === "running" ? null : step.at,
    message: step.message ?? (step.state === "running" && status === "deploying" ? (statusMessage ?? undefined) : undefined),
  }))
}
