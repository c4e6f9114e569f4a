import { createMemo, type JSX, Show } from "solid-js"
import { AGENTS } from "#contract/agents.ts"
import type { Clanker } from "#contract/clankers.ts"
import { Card } from "../../kit/card.tsx"
import { Code } from "../../kit/code.tsx"
import { type Fact, Facts } from "../../kit/facts.tsx"
import { AgentIcon } from "../../parts/agent-icon.tsx"
import { count } from "../../parts/numbers.ts"
import { STRATEGIES } from "../../parts/strategies.ts"
import { durationOf } from "../../parts/time.ts"
import { FileNames } from "./files-fields.tsx"
import type { Sourced } from "./sources.ts"
import { SourcesList } from "./sources-list.tsx"

/** What is saved: the newest revision, whether it is deployed or not. */
export function ConfigCard(props: { clanker: Clanker; sources: readonly Sourced[] }): JSX.Element {
  const facts = createMemo((): Fact[] => factsOf(props.clanker))
  return (
    <Card title="Configuration" aside={<span class="small soft">Revision {props.clanker.revision}</span>}>
      <Facts facts={facts()} />
      <Show when={props.sources.length > 0}>
        <h3>What a start uses</h3>
        <SourcesList sources={props.sources} />
      </Show>
      <details>
        <summary class="small">As JSON</summary>
        <Code label="Deployment configuration" text={JSON.stringify(props.clanker.deploymentConfig, null, 2)} copy />
      </details>
    </Card>
  )
}

export function FilesCard(props: { clanker: Clanker }): JSX.Element {
  return (
    <Card title="AGENTS.md and skills">
      <Show
        when={props.clanker.files.length > 0}
        fallback={<p class="soft">None. Edit the clanker to give its agent standing instructions.</p>}
      >
        <FileNames files={props.clanker.files} />
      </Show>
    </Card>
  )
}

function factsOf({ agent, agentSettings, deploymentConfig, maxConcurrency, maxExecutionTime }: Clanker): Fact[] {
  const { model, baseUrl, extraArgs } = agentSettings
  return [
    {
      term: "Agent",
      value: (
        <span class="row">
          <AgentIcon agent={agent} /> {AGENTS[agent].name}
        </span>
      ),
    },
    { term: "Model", value: model ? <code>{model}</code> : "The agent’s default" },
    ...(baseUrl ? [{ term: "Base URL", value: <code>{baseUrl}</code> }] : []),
    ...(extraArgs && extraArgs.length > 0 ? [{ term: "Arguments", value: <code>{extraArgs.join(" ")}</code> }] : []),
    { term: "Runs on", value: STRATEGIES[deploymentConfig.computeType].name },
    { term: "Max concurrency", value: count(maxConcurrency, "job") },
    { term: "Max execution time", value: maxExecutionTime === null ? "As the project says" : durationOf(maxExecutionTime * 1000) },
  ]
}
