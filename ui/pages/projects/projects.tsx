import { useSearchParams } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { type JSX, Show } from "solid-js"
import Archive from "lucide-solid/icons/archive"
import FolderGit2 from "lucide-solid/icons/folder-git-2"
import Lock from "lucide-solid/icons/lock"
import Plus from "lucide-solid/icons/plus"
import type { Project } from "#contract/projects.ts"
import { archivedProjectsQuery, clankersQuery, projectsQuery } from "../../api/queries.ts"
import { Badge } from "../../kit/badge.tsx"
import { LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { Segmented } from "../../kit/segmented.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { type Column, Table } from "../../kit/table.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { paths } from "../../paths.ts"
import { repositoryName } from "./repository-name.ts"

export default function Projects(): JSX.Element {
  const [query, setQuery] = useSearchParams<{ archived?: string }>()
  const inArchive = () => query.archived === "true"
  const active = useQuery(() => ({ ...projectsQuery(), enabled: !inArchive() }))
  const archived = useQuery(() => ({ ...archivedProjectsQuery(), enabled: inArchive() }))
  return (
    <div class="page">
      <PageHeader title="Projects" meta="Each is one repository and how its tickets become pull requests." actions={<NewProjectLink />} />
      <div class="row">
        <Segmented
          label="Show projects"
          options={[
            { value: "active", label: "Active" },
            { value: "archived", label: "Archived" },
          ]}
          value={inArchive() ? "archived" : "active"}
          onChange={(chosen) => setQuery({ archived: chosen === "archived" ? "true" : undefined })}
        />
      </div>
      <Card flush>
        <Loaded query={inArchive() ? archived : active} skeleton={<Skeleton lines={5} />}>
          {(page) => (
            <Show when={page().items.length > 0} fallback={<NoProjects archived={inArchive()} />}>
              <Table label="Projects" columns={COLUMNS} rows={page().items} href={({ slug }) => paths.project(slug)} />
            </Show>
          )}
        </Loaded>
      </Card>
    </div>
  )
}

const COLUMNS: readonly Column<Project>[] = [
  {
    header: "Name",
    grow: true,
    cell: ({ name, key, visibility }) => (
      <span class="row">
        <strong>{name}</strong> <code class="soft">{key}</code>
        <Show when={visibility === "members"}>
          <Badge tone="quiet" icon={Lock} plain>
            Members only
          </Badge>
        </Show>
      </span>
    ),
  },
  { header: "Repository", hideWhen: "narrow", cell: ({ repositoryUrl }) => <code>{repositoryName(repositoryUrl)}</code> },
  { header: "Base branch", hideWhen: "medium", cell: ({ baseBranch }) => <code>{baseBranch}</code> },
  { header: "Default clanker", hideWhen: "medium", cell: ({ defaultClankerId }) => <ClankerName id={defaultClankerId} /> },
  { header: "Changed", align: "end", hideWhen: "narrow", cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
]

function ClankerName(props: { id: string | null }): JSX.Element {
  const clankers = useQuery(clankersQuery)
  const name = () => dataOf(clankers)?.items.find(({ id }) => id === props.id)?.name
  return (
    <Show when={props.id} fallback={<span class="soft">None</span>}>
      {name() ?? "…"}
    </Show>
  )
}

function NewProjectLink(): JSX.Element {
  return (
    <LinkButton kind="primary" icon={Plus} href={paths.newProject()}>
      New project
    </LinkButton>
  )
}

function NoProjects(props: { archived: boolean }): JSX.Element {
  return (
    <Show when={!props.archived} fallback={<EmptyArchive />}>
      <NoneYet />
    </Show>
  )
}

function EmptyArchive(): JSX.Element {
  return (
    <Empty icon={Archive} title="Nothing in the archive">
      <p>A project that is done with can be archived on its page: it stays readable, and nothing new begins there.</p>
    </Empty>
  )
}

function NoneYet(): JSX.Element {
  return (
    <Empty icon={FolderGit2} title="No projects yet" action={<NewProjectLink />}>
      <p>A project tells Viberglass which repository a ticket is about, with which credential to push, and which clanker does the work.</p>
    </Empty>
  )
}
