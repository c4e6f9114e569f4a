import { keepPreviousData } from "@tanstack/solid-query"
import { useQuery } from "../../api/use-query.ts"
import { createMemo, type JSX, lazy, Match, Show, Suspense, Switch } from "solid-js"
import CircleDot from "lucide-solid/icons/circle-dot"
import FolderGit2 from "lucide-solid/icons/folder-git-2"
import Plus from "lucide-solid/icons/plus"
import SearchX from "lucide-solid/icons/search-x"
import { projectsQuery, ticketsQuery } from "../../api/queries.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { usePermission } from "../../parts/permission.ts"
import { PageHeader } from "../../parts/page-header.tsx"
import { Pager } from "../../parts/pager.tsx"
import { paths } from "../../paths.ts"
import { TicketBoard } from "./board.tsx"
import { FilterBar } from "./filter-bar.tsx"
import { useTicketFilter } from "./filter.ts"
import { createSelection } from "./selection.ts"
import { TicketTable } from "./table.tsx"

const SelectionBar = lazy(() => import("./selection-bar.tsx"))

/** A board shows more at once, because its columns are read side by side. */
const PAGE = { table: 50, board: 200 } as const

export default function Tickets(): JSX.Element {
  const { filter, change, isFiltered } = useTicketFilter()
  const projects = useQuery(projectsQuery)
  const question = createMemo(() => {
    const { view, ...rest } = filter()
    return ticketsQuery({ ...rest, archived: rest.archived || undefined, limit: PAGE[view] })
  })
  const tickets = useQuery(() => ({ ...question(), placeholderData: keepPreviousData }))
  const allProjects = () => dataOf(projects)?.items ?? []
  const { writeReason } = usePermission()
  const selection = createSelection(() => dataOf(tickets)?.items ?? [])
  const clear = () => change({ projectId: "", status: "", phase: "", severity: "", q: "", label: "", archived: false })

  return (
    <div class="page">
      <PageHeader
        title="Tickets"
        actions={
          <LinkButton kind="primary" icon={Plus} href={paths.newTicket(filter().projectId || undefined)}>
            New ticket
          </LinkButton>
        }
      />
      <FilterBar filter={filter()} projects={allProjects()} onChange={change} />
      <Loaded
        query={tickets}
        skeleton={
          <Card flush>
            <Skeleton lines={8} label="Loading tickets" />
          </Card>
        }
      >
        {(page) => (
          <Show
            when={page().items.length > 0}
            fallback={<NoTickets filtered={isFiltered()} hasProject={allProjects().length > 0} onClear={clear} />}
          >
            <Switch>
              <Match when={filter().view === "board"}>
                <TicketBoard tickets={page().items} />
              </Match>
              <Match when={filter().view === "table"}>
                <Suspense>
                  <Show when={selection.selected().length > 0}>
                    <SelectionBar tickets={selection.selected()} archived={filter().archived} selection={selection} />
                  </Show>
                </Suspense>
                <Card flush>
                  <TicketTable tickets={page().items} select={writeReason() ? undefined : selection.ticks} />
                </Card>
              </Match>
            </Switch>
            <Pager noun="tickets" cursor={filter().cursor} nextCursor={page().nextCursor} onGo={(cursor) => change({ cursor })} />
          </Show>
        )}
      </Loaded>
    </div>
  )
}

function NoTickets(props: { filtered: boolean; hasProject: boolean; onClear: () => void }): JSX.Element {
  return (
    <Card>
      <Switch>
        <Match when={props.filtered}>
          <Empty icon={SearchX} title="No ticket matches" action={<Button onClick={props.onClear}>Clear the filters</Button>}>
            Nothing fits all filters at once. Take one away, or look among the archived ones.
          </Empty>
        </Match>
        <Match when={!props.hasProject}>
          <Empty
            icon={FolderGit2}
            title="First, a project"
            action={
              <LinkButton kind="primary" href={paths.newProject()}>
                Create a project
              </LinkButton>
            }
          >
            A project says which repository the work happens in and who does it. Then tickets can be filed in it.
          </Empty>
        </Match>
        <Match when={props.hasProject}>
          <Empty
            icon={CircleDot}
            title="No tickets yet"
            action={
              <LinkButton kind="primary" href={paths.newTicket()}>
                File the first ticket
              </LinkButton>
            }
          >
            Describe a change in your own words. A clanker researches it, writes a plan for you to approve, and opens a pull request.
          </Empty>
        </Match>
      </Switch>
    </Card>
  )
}
