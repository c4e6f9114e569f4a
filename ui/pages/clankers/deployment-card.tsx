import { createMemo, createSignal, For, type JSX, Show } from "solid-js"
import RefreshCw from "lucide-solid/icons/refresh-cw"
import { consoleLinks } from "#contract/aws-console.ts"
import type { Clanker } from "#contract/clankers.ts"
import { refreshDeployment } from "../../api/clankers.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { Facts } from "../../kit/facts.tsx"
import { Notice } from "../../kit/notice.tsx"
import { ConsoleLinks } from "../../parts/console-links.tsx"
import { type DeploymentFact, goneOf, groupsOf } from "../../parts/fact-list.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { type Step, StepsList } from "../../parts/steps-list.tsx"
import { createSubmit } from "../../parts/submit.ts"

/** What the last start did, step by step, and what stands there now. */
export function DeploymentCard(props: { clanker: Clanker }): JSX.Element {
  const steps = createMemo(() => toSteps(props.clanker))
  const facts = createMemo(() => props.clanker.deployment?.facts ?? {})
  const refresh = createSubmit(async () => {
    await refreshDeployment(props.clanker.id)
    setAskedAt(new Date().toISOString())
  })
  const [askedAt, setAskedAt] = createSignal<string | null>(null)
  const canAsk = () => props.clanker.status !== "deploying" && Object.keys(facts()).length > 0
  return (
    <Card
      title="Deployment"
      aside={
        <>
          <Serving clanker={props.clanker} />
          <span role="status" class="small soft">
            <Show when={askedAt()}>
              {(at) => (
                <>
                  Asked <RelativeTime at={at()} />
                </>
              )}
            </Show>
          </span>
          <Show when={canAsk()}>
            <Button size="s" kind="quiet" icon={RefreshCw} busy={refresh.busy()} onClick={() => void refresh.run()}>
              {ON_AWS[props.clanker.strategy] ? "Ask AWS again" : "Refresh"}
            </Button>
          </Show>
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
        <Show when={refresh.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
        <Show when={goneOf(facts()).length > 0}>
          <Notice tone="bad" title="It does not stand as it was made">
            <p>{goneOf(facts()).join(" ")} Start the clanker again to make it anew.</p>
          </Notice>
        </Show>
        <ConsoleLinks label="In the AWS console" links={consoleLinks(facts())} />
        <FactGroups facts={facts()} />
      </Show>
    </Card>
  )
}

const ON_AWS = { aws_lambda_container: true, aws_ecs: true, docker: false } as const satisfies Record<Clanker["strategy"], boolean>

function Serving(props: { clanker: Clanker }): JSX.Element {
  return <Show when={props.clanker.servingRevision}>{(revision) => <span class="small soft">Jobs use revision {revision()}</span>}</Show>
}

function FactGroups(props: { facts: Readonly<Record<string, unknown>> }): JSX.Element {
  const groups = createMemo(() => groupsOf(props.facts))
  return (
    <For each={groups()}>
      {(group) => (
        <div class="clanker-facts">
          <h3>{group.title}</h3>
          <Facts facts={group.facts.map((fact) => ({ term: fact.term, value: <FactValues fact={fact} /> }))} />
        </div>
      )}
    </For>
  )
}

function FactValues(props: { fact: DeploymentFact }): JSX.Element {
  return (
    <For each={props.fact.values}>
      {({ shown, copy, at }) => (
        <div>
          <Show when={at} fallback={copy === null ? shown : <Copyable text={copy} what={props.fact.term.toLowerCase()} shown={shown} />}>
            {(time) => <RelativeTime at={time()} />}
          </Show>
        </div>
      )}
    </For>
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
