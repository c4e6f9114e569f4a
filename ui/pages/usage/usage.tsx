import { useSearchParams } from "@solidjs/router"
import { keepPreviousData } from "@tanstack/solid-query"
import { createMemo, type JSX, lazy, Show, Suspense } from "solid-js"
import ChartColumn from "lucide-solid/icons/chart-column"
import { type Usage, USAGE_GROUPS, USAGE_LIMITS, type UsageGroup } from "#contract/usage.ts"
import { ApiError } from "../../api/client.ts"
import { projectsQuery } from "../../api/queries.ts"
import { usageQuery } from "../../api/usage.ts"
import { useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Segmented } from "../../kit/segmented.tsx"
import { Select } from "../../kit/select.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { count } from "../../parts/numbers.ts"
import { PageHeader } from "../../parts/page-header.tsx"
import { Totals } from "./totals.tsx"
import { UsageTable } from "./table.tsx"
import "./usage.css"

const UsageChart = lazy(() => import("./chart.tsx"))

const GROUP_WORDS = {
  day: "Day",
  project: "Project",
  ticket: "Ticket",
  clanker: "Clanker",
  kind: "Kind",
  model: "Model",
} as const satisfies Record<UsageGroup, string>

/** What jobs used: over time, and by what they were for. */
export default function UsagePage(): JSX.Element {
  const [query, setQuery] = useSearchParams<{ from?: string; to?: string; by?: string; project?: string }>()
  const range = createMemo(() => rangeOf(query.from, query.to))
  const by = (): Exclude<UsageGroup, "day"> => GROUPS.find((group) => group === query.by) ?? "project"
  const of = () => ({ ...range(), projectId: query.project })
  const days = useQuery(() => ({ ...usageQuery({ ...of(), groupBy: "day" }), placeholderData: keepPreviousData, retry: false }))
  const groups = useQuery(() => ({ ...usageQuery({ ...of(), groupBy: by() }), placeholderData: keepPreviousData, retry: false }))
  const fieldError = (name: string) => (days.error instanceof ApiError ? (days.error.fields[name] ?? null) : null)
  return (
    <div class="page">
      <PageHeader title="Usage" meta="Tokens, cost and time of jobs. A job counts on the day it was created, in UTC." />
      <div class="usage-bar" role="search" aria-label="Usage">
        <TextField label="From" type="date" value={range().from} onInput={(from) => setQuery({ from })} error={fieldError("from")} />
        <TextField label="To" type="date" value={range().to} onInput={(to) => setQuery({ to })} error={fieldError("to")} />
        <ProjectChoice value={query.project ?? ""} onChange={(project) => setQuery({ project: project || undefined })} />
      </div>
      <Show when={!days.isError} fallback={<Refused error={days.error} />}>
        <Loaded query={days} skeleton={<Skeleton lines={8} label="Loading usage" />}>
          {(usage) => (
            <Show when={usage().total.jobs > 0} fallback={<Nothing />}>
              <Totals total={usage().total} />
              <OverTime usage={usage()} />
            </Show>
          )}
        </Loaded>
        <Show when={(dataOf(days)?.total.jobs ?? 0) > 0}>
          <div class="row">
            <Segmented
              label="Divide by"
              options={GROUPS.map((value) => ({ value, label: `By ${GROUP_WORDS[value].toLowerCase()}` }))}
              value={by()}
              onChange={(group) => setQuery({ by: group }, { scroll: false })}
            />
          </div>
          <Card title={`By ${GROUP_WORDS[by()].toLowerCase()}`} flush>
            <Loaded query={groups} skeleton={<Skeleton lines={4} />}>
              {(usage) => (
                <>
                  <UsageTable label={`Usage by ${GROUP_WORDS[by()].toLowerCase()}`} head={GROUP_WORDS[by()]} usage={usage()} />
                  <Show when={usage().omitted > 0}>
                    <p class="usage-omitted soft small">{count(usage().omitted, "more")} that used less, in the total above.</p>
                  </Show>
                </>
              )}
            </Loaded>
          </Card>
        </Show>
      </Show>
    </div>
  )
}

const GROUPS = USAGE_GROUPS.filter((group) => group !== "day")

function rangeOf(from: string | undefined, to: string | undefined): { from: string; to: string } {
  const last = to || new Date().toISOString().slice(0, 10)
  const known = Number.isNaN(Date.parse(last)) ? Date.now() : Date.parse(last)
  return { to: last, from: from || new Date(known - (USAGE_LIMITS.defaultDays - 1) * 86_400_000).toISOString().slice(0, 10) }
}

function OverTime(props: { usage: Usage }): JSX.Element {
  return (
    <Card title="Over time">
      <Suspense fallback={<Skeleton lines={6} />}>
        <UsageChart usage={props.usage} />
      </Suspense>
      <details class="usage-days">
        <summary>The same as a table</summary>
        <UsageTable label="Usage by day" head="Day" usage={props.usage} />
      </details>
    </Card>
  )
}

function ProjectChoice(props: { value: string; onChange: (id: string) => void }): JSX.Element {
  const projects = useQuery(projectsQuery)
  return (
    <Select
      label="Project"
      value={props.value}
      options={[
        { value: "", label: "All projects" },
        ...(dataOf(projects)?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
      ]}
      onChange={props.onChange}
    />
  )
}

function Nothing(): JSX.Element {
  return (
    <Card>
      <Empty icon={ChartColumn} title="No job in these days">
        <p>Choose other days, or another project.</p>
      </Empty>
    </Card>
  )
}

const Refused = (props: { error: Error | null }): JSX.Element => (
  <Notice tone="bad" title="This could not be counted">
    <p>{props.error instanceof ApiError ? props.error.message : "Reload the page and try again."}</p>
  </Notice>
)
