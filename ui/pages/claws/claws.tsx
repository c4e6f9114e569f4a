import { useSearchParams } from "@solidjs/router"
import { type JSX, Show } from "solid-js"
import Plus from "lucide-solid/icons/plus"
import { clawTemplatesQuery, schedulesQuery } from "../../api/claws.ts"
import { projectsQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Segmented } from "../../kit/segmented.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { Pager } from "../../parts/pager.tsx"
import { usePermission } from "../../parts/permission.ts"
import { paths } from "../../paths.ts"
import { NoSchedules, NoTemplates } from "./empty.tsx"
import { ScheduleTable } from "./schedule-table.tsx"
import { TemplateTable } from "./template-table.tsx"
import "./claws.css"

/** Recurring work: when it is done, and what it is. */
export default function Claws(): JSX.Element {
  const [query, setQuery] = useSearchParams<{ view?: string; cursor?: string }>()
  const inTemplates = () => query.view === "templates"
  const { writeReason } = usePermission()
  return (
    <div class="page">
      <PageHeader
        title="Claws"
        meta="Recurring work: a task template says what is to be done, its schedules say when."
        actions={
          <Show when={!writeReason()}>
            <LinkButton icon={Plus} href={paths.newClawTemplate()}>
              New template
            </LinkButton>
            <LinkButton kind="primary" icon={Plus} href={paths.newSchedule()}>
              New schedule
            </LinkButton>
          </Show>
        }
      />
      <div class="row">
        <Segmented
          label="Show"
          options={[
            { value: "schedules", label: "Schedules" },
            { value: "templates", label: "Task templates" },
          ]}
          value={inTemplates() ? "templates" : "schedules"}
          onChange={(chosen) => setQuery({ view: chosen === "templates" ? "templates" : undefined, cursor: undefined })}
        />
      </div>
      <Show
        when={inTemplates()}
        fallback={<Schedules cursor={query.cursor ?? ""} onGo={(cursor) => setQuery({ cursor: cursor || undefined })} />}
      >
        <Templates cursor={query.cursor ?? ""} onGo={(cursor) => setQuery({ cursor: cursor || undefined })} />
      </Show>
    </div>
  )
}

interface PageProps {
  cursor: string
  onGo: (cursor: string) => void
}

function Schedules(props: PageProps): JSX.Element {
  const schedules = useQuery(() => schedulesQuery({ cursor: props.cursor }))
  const templates = useQuery(() => clawTemplatesQuery())
  const projects = useQuery(projectsQuery)
  return (
    <>
      <Card flush>
        <Loaded query={schedules} skeleton={<Skeleton lines={5} label="Loading schedules" />}>
          {(page) => (
            <Show when={page().items.length > 0} fallback={<NoSchedules templates={dataOf(templates)?.items.length ?? 0} />}>
              <ScheduleTable
                label="Schedules"
                schedules={page().items}
                templates={dataOf(templates)?.items ?? []}
                projects={dataOf(projects)?.items ?? []}
              />
            </Show>
          )}
        </Loaded>
      </Card>
      <Pager noun="schedules" cursor={props.cursor} nextCursor={dataOf(schedules)?.nextCursor ?? null} onGo={props.onGo} />
    </>
  )
}

function Templates(props: PageProps): JSX.Element {
  const templates = useQuery(() => clawTemplatesQuery({ cursor: props.cursor }))
  const projects = useQuery(projectsQuery)
  return (
    <>
      <Card flush>
        <Loaded query={templates} skeleton={<Skeleton lines={5} label="Loading task templates" />}>
          {(page) => (
            <Show when={page().items.length > 0} fallback={<NoTemplates />}>
              <TemplateTable templates={page().items} projects={dataOf(projects)?.items ?? []} />
            </Show>
          )}
        </Loaded>
      </Card>
      <Pager noun="templates" cursor={props.cursor} nextCursor={dataOf(templates)?.nextCursor ?? null} onGo={props.onGo} />
    </>
  )
}
