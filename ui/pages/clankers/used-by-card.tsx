import { useQuery } from "../../api/use-query.ts"
import { createMemo, type JSX, Show } from "solid-js"
import type { Project } from "#contract/projects.ts"
import { PHASES } from "#contract/tickets.ts"
import { projectsQuery } from "../../api/queries.ts"
import { Card } from "../../kit/card.tsx"
import { ShortList } from "../../kit/short-list.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PHASE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"

export function UsedByCard(props: { clankerId: string }): JSX.Element {
  const projects = useQuery(projectsQuery)
  return (
    <Card title="Used by">
      <Loaded query={projects} skeleton={<Skeleton lines={2} />}>
        {(page) => <Users users={usersOf(props.clankerId, page().items)} />}
      </Loaded>
    </Card>
  )
}

function Users(props: { users: readonly ClankerUser[] }): JSX.Element {
  const users = createMemo(() => props.users)
  return (
    <Show when={users().length > 0} fallback={<p class="soft">No project has chosen it. Choose it under “SCM execution” of a project.</p>}>
      <ShortList items={users()}>
        {({ project, roles }) => (
          <>
            <a href={paths.project(project.slug)}>{project.name}</a> <span class="soft small">{roles.join(", ")}</span>
          </>
        )}
      </ShortList>
    </Show>
  )
}

export interface ClankerUser {
  project: Project
  /** For what the project uses it. */
  roles: string[]
}

export function usersOf(clankerId: string, projects: readonly Project[]): ClankerUser[] {
  return projects
    .map((project) => ({
      project,
      roles: [
        ...(project.defaultClankerId === clankerId ? ["default"] : []),
        ...PHASES.filter((phase) => project.phaseClankers[phase] === clankerId).map((phase) => PHASE_WORDS[phase].toLowerCase()),
      ],
    }))
    .filter(({ roles }) => roles.length > 0)
}
