import { createMemo, type JSX, Show } from "solid-js"
import RefreshCw from "lucide-solid/icons/refresh-cw"
import type { Clanker } from "#contract/clankers.ts"
import { refreshDeployment } from "../../api/clankers.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { Facts } from "../../kit/facts.tsx"
import { type DeploymentFact, factsOf } from "../../parts/fact-list.ts"
import { type Step, StepsList } from "../../parts/steps-list.tsx"
import { createSubmit } from "../../parts/submit.ts"

/** What the last start did, step by step, and what stands there now. */
export function DeploymentCard(props: { clanker: Clanker }): JSX.Element {
  const steps = createMemo(() => toSteps(props.clanker))
  const facts = createMemo(() => factsOf(props.clanker.deployment?.facts ?? {}))
  return (
    <Card
      title="Deployment"
      aside={
        <>
          <Serving clanker={props.clanker} />
          <Refresh clanker={props.clanker} />
        </>
      }
    >
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

/** What is shown was true when it was made; this asks again. */
function Refresh(props: { clanker: Clanker }): JSX.Element {
  const refresh = createSubmit(() => refreshDeployment(props.clanker.id))
  return (
    <Show when={props.clanker.status !== "deploying" && factsOf(props.clanker.deployment?.facts ?? {}).length > 0}>
      <Show when={refresh.problem()}>{(problem) => <span class="small">{problem()}</span>}</Show>
      <Button size="s" kind="quiet" icon={RefreshCw} busy={refresh.busy()} onClick={() => void refresh.run()}>
        Refresh
      </Button>
    </Show>
  )
}

function Serving(props: { clanker: Clanker }): JSX.Element {
  return <Show when={props.clanker.servingRevision}>{(revision) => <span class="small soft">Jobs use revision {revision()}</span>}</Show>
}

function FactValue(props: { fact: DeploymentFact }): JSX.Element {
  return (
    <>
      <Show when={props.fact.copy} fallback={props.fact.shown}>
        {(text) => <Copyable text={text()} what={props.fact.term.toLowerCase()} shown={props.fact.shown} />}
      </Show>
      <Show when={props.fact.href}>
        {(href) => (
          <a class="small" href={href()} target="_blank" rel="noreferrer">
            Open<span class="visually-hidden"> {props.fact.term.toLowerCase()}</span>
          </a>
        )}
      </Show>
    </>
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
