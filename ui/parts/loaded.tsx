import type { UseQueryResult } from "@tanstack/solid-query"
import { type Accessor, createMemo, type JSX, Match, Switch } from "solid-js"
import { Skeleton } from "../kit/skeleton.tsx"
import { Problem } from "./problem.tsx"

interface LoadedProps<T> {
  query: UseQueryResult<T, Error>
  skeleton?: JSX.Element | undefined
  children: (data: Accessor<NonNullable<T>>) => JSX.Element
}

/**
 * The three faces of a question to the server. What was loaded stays in sight while it is asked again, and when that
 * fails. `data` must not be read before it is there: it would suspend the whole page.
 */
export function Loaded<T>(props: LoadedProps<T>): JSX.Element {
  const data = createMemo(() => dataOf(props.query))
  return (
    <Switch fallback={props.skeleton ?? <Skeleton />}>
      <Match when={data()}>{(loaded) => props.children(loaded)}</Match>
      <Match when={props.query.isError}>
        <Problem error={props.query.error} retry={() => void props.query.refetch()} />
      </Match>
    </Switch>
  )
}

/** What a query has, without suspending. */
export const dataOf = <T,>(query: UseQueryResult<T, Error>): T | undefined => (query.isPending || query.isLoadingError ? undefined : query.data)
