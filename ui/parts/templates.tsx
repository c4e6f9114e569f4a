import type { JSX } from "solid-js"
import Building from "lucide-solid/icons/building"
import FolderGit2 from "lucide-solid/icons/folder-git-2"
import Package from "lucide-solid/icons/package"
import type { PromptKey, PromptSource, PromptSources } from "#contract/prompts.ts"
import { Badge } from "../kit/badge.tsx"
import { type Column, Table } from "../kit/table.tsx"
import { paths } from "../paths.ts"

export const TEMPLATE_WORDS = {
  ticket_research: { name: "Research", use: "What a ticket’s research is asked." },
  ticket_research_revision_task: { name: "Research, revised", use: "How research is mended after a review." },
  ticket_planning_with_research: { name: "Planning after research", use: "How a plan is made from the research." },
  ticket_planning_without_research: { name: "Planning without research", use: "How a plan is made from the ticket alone." },
  ticket_planning_revision_task: { name: "Plan, revised", use: "How a plan is mended after a review." },
  ticket_developing: { name: "Execution", use: "How the change is made and described." },
  claw_scheduled_task: { name: "Scheduled task", use: "What a claw is asked at each firing." },
} as const satisfies Record<PromptKey, { name: string; use: string }>

const SOURCES = {
  default: { word: "As shipped", icon: Package },
  installation: { word: "Installation’s own", icon: Building },
  project: { word: "Project’s own", icon: FolderGit2 },
} as const satisfies Record<PromptSource, object>

/** Whose text is in force. */
export function SourceBadge(props: { source: PromptSource }): JSX.Element {
  return (
    <Badge tone={props.source === "default" ? "quiet" : "busy"} icon={SOURCES[props.source].icon} plain={props.source === "default"}>
      {SOURCES[props.source].word}
    </Badge>
  )
}

type Item = PromptSources["items"][number]

/** The seven, each a link to its text; for a project or, without one, for the installation. */
export function TemplateTable(props: { items: readonly Item[]; projectId?: string | undefined }): JSX.Element {
  return (
    <Table
      label="Prompt templates"
      columns={COLUMNS}
      rows={props.items}
      href={({ key }) => paths.prompt(key, props.projectId || undefined)}
    />
  )
}

const COLUMNS: readonly Column<Item>[] = [
  { header: "Template", grow: true, cell: ({ key }) => <strong>{TEMPLATE_WORDS[key].name}</strong> },
  { header: "For", hideWhen: "narrow", cell: ({ key }) => <span class="soft">{TEMPLATE_WORDS[key].use}</span> },
  { header: "In force", cell: ({ source }) => <SourceBadge source={source} /> },
]
