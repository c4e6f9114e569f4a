import { useQuery } from "../../api/use-query.ts"
import type { JSX } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import type { Secret } from "#contract/secrets.ts"
import { clankersQuery } from "../../api/queries.ts"
import { secretsQuery } from "../../api/secrets.ts"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"

interface Needed {
  clankers: readonly Clanker[]
  secrets: readonly Secret[]
}

/** Waits for what SCM execution chooses from. */
export function ScmChoices(props: { children: (needed: Needed) => JSX.Element }): JSX.Element {
  const clankers = useQuery(clankersQuery)
  const secrets = useQuery(secretsQuery)
  const skeleton = <Skeleton lines={6} />
  return (
    <Loaded query={clankers} skeleton={skeleton}>
      {(clankerPage) => (
        <Loaded query={secrets} skeleton={skeleton}>
          {(secretPage) =>
            props.children({
              get clankers() {
                return clankerPage().items
              },
              get secrets() {
                return secretPage().items
              },
            })
          }
        </Loaded>
      )}
    </Loaded>
  )
}
