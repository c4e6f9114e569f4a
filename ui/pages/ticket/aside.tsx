import { useQuery } from "../../api/use-query.ts"
import { For, type JSX, Show } from "solid-js"
import type { Ticket } from "#contract/tickets.ts"
import { projectQuery } from "../../api/queries.ts"
import { Badge } from "../../kit/badge.tsx"
import { Card } from "../../kit/card.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { type Fact, Facts } from "../../kit/facts.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { PullRequestBadge } from "../../parts/status-badge.tsx"
import { UsedBy } from "../../parts/used.tsx"
import { PHASE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"

export function TicketAside(props: { ticket: Ticket }): JSX.Element {
  const project = useQuery(() => projectQuery(props.ticket.projectId))
  const facts = (): Fact[] => {
    const { ticket } = props
    const { pullRequest, branch, externalUrl, externalId, override } = ticket
    const found = dataOf(project)
    const all: (Fact | null)[] = [
      { term: "Project", value: found ? <a href={paths.project(found.id)}>{found.name}</a> : "…" },
      { term: "Phase", value: PHASE_WORDS[ticket.phase] },
      pullRequest
        ? {
            term: "Pull request",
            value: (
              <span class="row">
                <a href={pullRequest.url} target="_blank" rel="noreferrer">
                  #{pullRequest.number}
                </a>
                <PullRequestBadge state={pullRequest.state} />
              </span>
            ),
          }
        : null,
      branch ? { term: "Branch", value: <Copyable text={branch} what="branch name" /> } : null,
      externalUrl
        ? {
            term: "Origin",
            value: (
              <a href={externalUrl} target="_blank" rel="noreferrer">
                {externalId ?? externalUrl}
              </a>
            ),
          }
        : null,
      override ? { term: "Skipped a phase", value: `“${override.reason}” (${override.by})` } : null,
      { term: "Used", value: <UsedBy of={{ ticketId: ticket.id }} /> },
      { term: "Id", value: <Copyable text={ticket.id} shown={`${ticket.id.slice(0, 12)}…`} what="ticket id" /> },
    ]
    return all.filter((fact) => fact !== null)
  }
  return (
    <Card>
      <Facts facts={facts()} />
      <Show when={props.ticket.labels.length > 0}>
        <div class="row" aria-label="Labels" role="group">
          <For each={props.ticket.labels}>{(label) => <Badge tone="quiet">{label}</Badge>}</For>
        </div>
      </Show>
    </Card>
  )
}
