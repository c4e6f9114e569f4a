import { useQuery } from "../../api/use-query.ts"
import type { JSX } from "solid-js"
import type { Agent } from "#contract/agents.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { agentsQuery } from "../../api/clankers.ts"
import { projectsQuery } from "../../api/queries.ts"
import { secretsQuery } from "../../api/secrets.ts"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"

interface Needed {
  agents: readonly Agent[]
  secrets: readonly Secret[]
  projects: readonly Project[]
}

/** Waits for what the clanker's form chooses from. */
export function FormChoices(props: { children: (needed: Needed) => JSX.Element }): JSX.Element {
  const agents = useQuery(agentsQuery)
  const secrets = useQuery(secretsQuery)
  const projects = useQuery(projectsQuery)
  const skeleton = <Skeleton lines={8} />
  return (
    <Loaded query={agents} skeleton={skeleton}>
      {(agentPage) => (
        <Loaded query={secrets} skeleton={skeleton}>
          {(secretPage) => (
            <Loaded query={projects} skeleton={skeleton}>
              {(projectPage) =>
                props.children({
                  agents: agentPage().items,
                  get secrets() {
                    return secretPage().items
                  },
                  get projects() {
                    return projectPage().items
                  },
                })
              }
            </Loaded>
          )}
        </Loaded>
      )}
    </Loaded>
  )
}
