import { useParams } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { type Accessor, createMemo, For, type JSX } from "solid-js"
import { PHASES, type Phase, type Ticket } from "#contract/tickets.ts"
import { jobQuery, projectQuery, readinessQuery, ticketQuery } from "../../api/queries.ts"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { useProjectPermission } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { SeverityBadge, TicketBadge } from "../../parts/status-badge.tsx"
import { SOURCE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import { TicketActions } from "./actions.tsx"
import { Archived } from "./archived.tsx"
import { TicketAside } from "./aside.tsx"
import { Description } from "./description.tsx"
import { PhasePanel } from "./phase-panel.tsx"
import { activePhase, phaseState, type PhaseState } from "./phase-state.ts"
import { Timeline } from "./timeline.tsx"
import "./ticket.css"

export default function TicketPage(): JSX.Element {
  const params = useParams()
  const ticket = useQuery(() => ticketQuery(params["key"] ?? ""))
  return (
    <div class="page">
      {
        <Loaded query={ticket} page="Ticket">
          {(loaded) => <OneTicket ticket={loaded} />}
        </Loaded>
      }
    </div>
  )
}

function OneTicket(props: { ticket: Accessor<Ticket> }): JSX.Element {
  const ticket = props.ticket
  const states = usePhaseStates(ticket)
  const active = () => activePhase(states(), ticket().phase)
  const readiness = useQuery(() => readinessQuery(ticket().projectId))
  const project = useQuery(() => projectQuery(ticket().projectId))
  const { writeReason } = useProjectPermission(() => ticket().projectId)
  const blocked = () => writeReason() ?? (ticket().archivedAt === null ? null : "The ticket is archived: bring it back first.")
  const running = () => PHASES.filter((phase) => states()[phase].at === "running")
  const laterRunning = (phase: Phase) => running().find((other) => PHASES.indexOf(other) > PHASES.indexOf(phase)) ?? null
  const notReady = () => {
    if (dataOf(project)?.archivedAt) return "The project is archived: nothing runs in it."
    const said = dataOf(readiness)
    if (!said || said.ready) return null
    return said.checks.find(({ state }) => state === "missing" || state === "invalid")?.action ?? "The project is not ready."
  }
  return (
    <>
      <PageHeader
        title={ticket().title}
        parent={{ label: "Tickets", href: paths.tickets() }}
        eyebrow={<span class="numbers">{ticket().key}</span>}
        meta={
          <>
            <TicketBadge status={ticket().status} />
            <SeverityBadge severity={ticket().severity} />
            <span>{ticket().category}</span>
            <span>
              filed <RelativeTime at={ticket().createdAt} /> through {SOURCE_WORDS[ticket().source]}
            </span>
          </>
        }
        actions={<TicketActions ticket={ticket()} atWork={running().length > 0} />}
      />
      <Archived ticket={ticket()} mayRestore={writeReason() === null} />
      <div class="ticket-grid">
        <div class="ticket-main">
          <Description ticket={ticket()} blocked={writeReason()} />
          <For each={PHASES}>
            {(phase) => (
              <PhasePanel
                ticket={ticket()}
                phase={phase}
                state={states()[phase]}
                active={active() === phase && ticket().archivedAt === null}
                notReady={notReady()}
                blocked={blocked()}
                laterRunning={laterRunning(phase)}
              />
            )}
          </For>
        </div>
        <aside class="ticket-side" aria-label="About the ticket">
          <TicketAside ticket={ticket()} />
          <Timeline ticketId={ticket().id} />
        </aside>
      </div>
    </>
  )
}

function usePhaseStates(ticket: Accessor<Ticket>): Accessor<Record<Phase, PhaseState>> {
  const newest = (phase: Phase) => {
    const id = createMemo(() => ticket().phases[phase].jobId)
    const job = useQuery(() => ({ ...jobQuery(id() ?? ""), enabled: id() !== undefined }))
    return () => (id() === undefined ? undefined : dataOf(job))
  }
  const jobs = { research: newest("research"), planning: newest("planning"), execution: newest("execution") }
  return () => ({
    research: phaseState(ticket(), "research", jobs.research()),
    planning: phaseState(ticket(), "planning", jobs.planning()),
    execution: phaseState(ticket(), "execution", jobs.execution()),
  })
}
