import { useSearchParams } from "@solidjs/router"
import { keepPreviousData } from "@tanstack/solid-query"
import { useQuery } from "../../api/use-query.ts"
import { createMemo, type JSX, Show } from "solid-js"
import Play from "lucide-solid/icons/play"
import { JOB_KINDS, JOB_STATUSES } from "#contract/jobs.ts"
import { jobsQuery, projectsQuery } from "../../api/queries.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { Select } from "../../kit/select.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { JobTable } from "../../parts/job-table.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { Pager } from "../../parts/pager.tsx"
import { JOB_LOOKS } from "../../parts/status-badge.tsx"
import { KIND_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import "./jobs.css"

const NAMES = ["status", "kind", "projectId", "clankerId", "ticketId", "cursor"] as const
const LIMIT = 50

type Filter = Record<(typeof NAMES)[number], string>
type Change = (changes: Partial<Filter>) => void

export default function Jobs(): JSX.Element {
  const [query, setQuery] = useSearchParams()
  const value = (name: keyof Filter) => {
    const given = query[name]
    return typeof given === "string" ? given : ""
  }
  const filter = createMemo((): Filter => ({
    status: value("status"),
    kind: value("kind"),
    projectId: value("projectId"),
    clankerId: value("clankerId"),
    ticketId: value("ticketId"),
    cursor: value("cursor"),
  }))
  const jobs = useQuery(() => ({ ...jobsQuery({ ...filter(), limit: LIMIT }), placeholderData: keepPreviousData }))
  const change: Change = (changes) => setQuery({ cursor: undefined, ...changes }, { replace: changes.cursor === undefined, scroll: false })
  return (
    <div class="page">
      <PageHeader title="Jobs" />
      <JobFilter filter={filter()} onChange={change} />
      <Loaded
        query={jobs}
        skeleton={
          <Card flush>
            <Skeleton lines={8} label="Loading jobs" />
          </Card>
        }
      >
        {(page) => (
          <Show
            when={page().items.length > 0}
            fallback={<NoJobs filtered={NAMES.some((name) => filter()[name] !== "")} onChange={change} />}
          >
            <Card flush>
              <JobTable label="Jobs" jobs={page().items} />
            </Card>
            <Pager noun="jobs" cursor={filter().cursor} nextCursor={page().nextCursor} onGo={(cursor) => change({ cursor })} />
          </Show>
        )}
      </Loaded>
    </div>
  )
}

function JobFilter(props: { filter: Filter; onChange: Change }): JSX.Element {
  const projects = useQuery(projectsQuery)
  return (
    <div class="jobs-bar" role="search" aria-label="Jobs">
      <Select
        label="Status"
        labelHidden
        value={props.filter.status}
        options={[{ value: "", label: "Any status" }, ...JOB_STATUSES.map((status) => ({ value: status, label: JOB_LOOKS[status].word }))]}
        onChange={(status) => props.onChange({ status })}
      />
      <Select
        label="Kind"
        labelHidden
        value={props.filter.kind}
        options={[{ value: "", label: "Any kind" }, ...JOB_KINDS.map((kind) => ({ value: kind, label: KIND_WORDS[kind] }))]}
        onChange={(kind) => props.onChange({ kind })}
      />
      <Select
        label="Project"
        labelHidden
        value={props.filter.projectId}
        options={[
          { value: "", label: "All projects" },
          ...(dataOf(projects)?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(projectId) => props.onChange({ projectId })}
      />
    </div>
  )
}

function NoJobs(props: { filtered: boolean; onChange: Change }): JSX.Element {
  const clear = () => props.onChange({ status: "", kind: "", projectId: "", clankerId: "", ticketId: "" })
  return (
    <Card>
      <Empty
        icon={Play}
        title={props.filtered ? "No job matches" : "No jobs yet"}
        action={
          props.filtered ? (
            <Button onClick={clear}>Clear the filters</Button>
          ) : (
            <LinkButton kind="primary" href={paths.tickets()}>
              Go to the tickets
            </LinkButton>
          )
        }
      >
        A job is one run of a worker. It starts when somebody runs a phase of a ticket.
      </Empty>
    </Card>
  )
}
