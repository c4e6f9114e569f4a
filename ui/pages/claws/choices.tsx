import type { JSX } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { clankersQuery, projectsQuery } from "../../api/queries.ts"
import { secretsQuery } from "../../api/secrets.ts"
import { useQuery } from "../../api/use-query.ts"
import { Skeleton } from "../../kit/skeleton.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"

export interface Choices {
  projects: readonly Project[]
  clankers: readonly Clanker[]
  secrets: readonly Secret[]
}

/** Waits for the projects; what comes later is there when it comes. */
export function TemplateChoices(props: { children: (choices: Choices) => JSX.Element }): JSX.Element {
  const projects = useQuery(projectsQuery)
  const clankers = useQuery(clankersQuery)
  const secrets = useQuery(secretsQuery)
  return (
    <Loaded query={projects} skeleton={<Skeleton lines={8} />}>
      {(page) =>
        props.children({
          get projects() {
            return page().items
          },
          get clankers() {
            return dataOf(clankers)?.items ?? []
          },
          get secrets() {
            return dataOf(secrets)?.items ?? []
          },
        })
      }
    </Loaded>
  )
}
