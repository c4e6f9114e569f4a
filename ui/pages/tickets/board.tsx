import { For, type JSX, Show } from "solid-js"
import GitPullRequest from "lucide-solid/icons/git-pull-request"
import { PHASES, type Ticket } from "#contract/tickets.ts"
import { SeverityBadge, TicketBadge } from "../../parts/status-badge.tsx"
import { PHASE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import "./board.css"

/** A column a phase, and one for what is done. */
export function TicketBoard(props: { tickets: readonly Ticket[] }): JSX.Element {
  const columns = () => [
    ...PHASES.map((phase) => ({
      label: PHASE_WORDS[phase],
      tickets: props.tickets.filter((ticket) => ticket.phase === phase && ticket.status !== "resolved"),
    })),
    { label: "Resolved", tickets: props.tickets.filter(({ status }) => status === "resolved") },
  ]
  return (
    <div class="board" role="region" aria-label="Tickets by phase" tabindex="0">
      <For each={columns()}>
        {(column) => (
          <section class="board-column">
            <h2>
              {column.label} <span class="faint numbers">{column.tickets.length}</span>
            </h2>
            <ul>
              <For each={column.tickets} fallback={<li class="board-none">None</li>}>
                {(ticket) => <BoardCard ticket={ticket} />}
              </For>
            </ul>
          </section>
        )}
      </For>
    </div>
  )
}

function BoardCard(props: { ticket: Ticket }): JSX.Element {
  return (
    <li class="board-card">
      <a data-row-link href={paths.ticket(props.ticket.key)}>
        <span class="faint small numbers">{props.ticket.key}</span>
        {props.ticket.title}
      </a>
      <div class="row">
        <TicketBadge status={props.ticket.status} />
        <SeverityBadge severity={props.ticket.severity} />
        <Show when={props.ticket.pullRequest}>
          {(pullRequest) => (
            <span class="row small soft" title={`Pull request ${pullRequest().state}`}>
              <GitPullRequest size={14} aria-hidden="true" />#{pullRequest().number}
            </span>
          )}
        </Show>
      </div>
    </li>
  )
}
