import { useSearchParams } from "@solidjs/router"
import type { JSX } from "solid-js"
import type { Project } from "#contract/projects.ts"
import { templateSourcesQuery } from "../../api/prompts.ts"
import { projectsQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Select } from "../../kit/select.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { TemplateTable } from "../../parts/templates.tsx"
import "./prompts.css"

export default function Prompts(): JSX.Element {
  const [query, setQuery] = useSearchParams<{ project?: string }>()
  const projectId = () => query.project ?? ""
  const projects = useQuery(projectsQuery)
  const sources = useQuery(() => templateSourcesQuery(projectId()))
  return (
    <div class="page">
      <PageHeader
        title="Prompts"
        meta="What agents are asked. A project’s own text counts before the installation’s, and that before the one shipped."
      />
      <div class="prompts-filter">
        <Select
          label="Those of"
          value={projectId()}
          options={scopes(dataOf(projects)?.items ?? [], projectId())}
          onChange={(project) => setQuery({ project })}
        />
      </div>
      <Card flush>
        <Loaded query={sources} skeleton={<Skeleton lines={7} />}>
          {(page) => <TemplateTable items={page().items} projectId={projectId()} />}
        </Loaded>
      </Card>
    </div>
  )
}

/** The chosen one stays chosen while the names are on the way, and when it is in the archive. */
const scopes = (projects: readonly Project[], chosen: string) => [
  { value: "", label: "The installation" },
  ...projects.map(({ id, name }) => ({ value: id, label: `Project ${name}` })),
  ...(chosen === "" || projects.some(({ id }) => id === chosen) ? [] : [{ value: chosen, label: "A project" }]),
]
