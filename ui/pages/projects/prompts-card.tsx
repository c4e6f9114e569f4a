import type { JSX } from "solid-js"
import { templateSourcesQuery } from "../../api/prompts.ts"
import { useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { TemplateTable } from "../../parts/templates.tsx"

/** What agents are asked in this project, and whose text that is. */
export function PromptsCard(props: { projectId: string }): JSX.Element {
  const sources = useQuery(() => templateSourcesQuery(props.projectId))
  return (
    <Card title="Prompts" flush>
      <Loaded query={sources} skeleton={<Skeleton lines={7} />}>
        {(page) => <TemplateTable items={page().items} projectId={props.projectId} />}
      </Loaded>
    </Card>
  )
}
