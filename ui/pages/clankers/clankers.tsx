import { useQuery } from "../../api/use-query.ts"
import { type JSX, Show } from "solid-js"
import Bot from "lucide-solid/icons/bot"
import Plus from "lucide-solid/icons/plus"
import { AGENTS } from "#contract/agents.ts"
import type { Clanker } from "#contract/clankers.ts"
import { clankersQuery } from "../../api/queries.ts"
import { LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { type Column, Table } from "../../kit/table.tsx"
import { AgentIcon } from "../../parts/agent-icon.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { ClankerBadge } from "../../parts/status-badge.tsx"
import { STRATEGIES } from "../../parts/strategies.ts"
import { paths } from "../../paths.ts"
import { AcceptsJobs, ChangesPending } from "./badges.tsx"
import "./clankers.css"

export default function Clankers(): JSX.Element {
  const clankers = useQuery(clankersQuery)
  return (
    <div class="page">
      <PageHeader
        title="Clankers"
        meta="Saved configurations of AI workers: which agent, where it runs, with which secrets."
        actions={
          <LinkButton kind="primary" icon={Plus} href={paths.newClanker()}>
            New clanker
          </LinkButton>
        }
      />
      <Card flush>
        <Loaded query={clankers} skeleton={<Skeleton lines={5} />}>
          {(page) => (
            <Show when={page().items.length > 0} fallback={<NoClankers />}>
              <Table label="Clankers" columns={COLUMNS} rows={page().items} href={({ slug }) => paths.clanker(slug)} />
            </Show>
          )}
        </Loaded>
      </Card>
    </div>
  )
}

const COLUMNS: readonly Column<Clanker>[] = [
  {
    header: "Name",
    grow: true,
    cell: (clanker) => (
      <span class="clanker-name">
        <AgentIcon agent={clanker.agent} />
        <span>
          {clanker.name}
          <small class="soft clanker-agent">{AGENTS[clanker.agent].name}</small>
        </span>
      </span>
    ),
  },
  {
    header: "State",
    cell: (clanker) => (
      <span class="clanker-state">
        <ClankerBadge status={clanker.status} />
        <Show when={clanker.changesPending}>
          <ChangesPending />
        </Show>
      </span>
    ),
  },
  { header: "Runs on", hideWhen: "narrow", cell: ({ deploymentConfig }) => STRATEGIES[deploymentConfig.computeType].name },
  { header: "Jobs", hideWhen: "medium", cell: (clanker) => <AcceptsJobs clanker={clanker} /> },
  {
    header: "Running",
    align: "end",
    hideWhen: "narrow",
    cell: ({ running, maxConcurrency, queued }) => (
      <span class="numbers">
        {running} of {maxConcurrency}
        {queued > 0 ? `, ${queued} waiting` : ""}
      </span>
    ),
  },
]

function NoClankers(): JSX.Element {
  return (
    <Empty
      icon={Bot}
      title="No clankers yet"
      action={
        <LinkButton kind="primary" icon={Plus} href={paths.newClanker()}>
          New clanker
        </LinkButton>
      }
    >
      <p>A clanker does the work of a ticket. Choose an agent and a place where it runs, tick its secrets, then start it.</p>
    </Empty>
  )
}
