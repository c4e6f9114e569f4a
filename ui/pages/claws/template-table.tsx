import type { JSX } from "solid-js"
import type { ClawTemplate } from "#contract/claws.ts"
import type { Project } from "#contract/projects.ts"
import { type Column, Table } from "../../kit/table.tsx"
import { count } from "../../parts/numbers.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { paths } from "../../paths.ts"

export function TemplateTable(props: {
  templates: readonly ClawTemplate[]
  projects: readonly Pick<Project, "id" | "name">[]
}): JSX.Element {
  const columns: readonly Column<ClawTemplate>[] = [
    {
      header: "Template",
      grow: true,
      cell: ({ name, description }) => (
        <span class="claw-name">
          <strong>{name}</strong>
          <span class="small soft">{description}</span>
        </span>
      ),
    },
    { header: "Project", cell: ({ projectId }) => props.projects.find(({ id }) => id === projectId)?.name ?? "–" },
    { header: "Outcome", hideWhen: "medium", cell: ({ opensPullRequest }) => (opensPullRequest ? "Pull request" : "Nothing is pushed") },
    {
      header: "Schedules",
      hideWhen: "narrow",
      align: "end",
      cell: ({ schedules }) => <span class="numbers">{count(schedules, "schedule")}</span>,
    },
    { header: "Changed", hideWhen: "narrow", align: "end", cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
  ]
  return <Table label="Task templates" columns={columns} rows={props.templates} href={({ id }) => paths.clawTemplate(id)} />
}
