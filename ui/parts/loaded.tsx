import { type Accessor, type JSX, Match, Show, Switch } from "solid-js"
import type { Asked } from "../api/use-query.ts"
import { Skeleton } from "../kit/skeleton.tsx"
import { PageHeader } from "./page-header.tsx"
import { Problem } from "./problem.tsx"

interface LoadedProps<T> {
  /** When the whole page hangs on this question: the page's title until its own header is there. */
  page?: string | undefined
  query: Asked<T>
  skeleton?: JSX.Element | undefined
  children: (data: Accessor<NonNullable<T>>) => JSX.Element
}

/** The three faces of a question. What was loaded stays in sight while it is asked again, and when that fails. */
export function Loaded<T>(props: LoadedProps<T>): JSX.Element {
  return (
    <Switch
      fallback={
        <>
          <Title page={props.page} />
          {props.skeleton ?? <Skeleton />}
        </>
      }
    >
      <Match when={dataOf(props.query)}>{(loaded) => props.children(loaded)}</Match>
      <Match when={props.query.isError}>
        <Title page={props.page} />
        <Problem error={props.query.error} retry={() => void props.query.refetch()} />
      </Match>
    </Switch>
  )
}

const Title = (props: { page: string | undefined }): JSX.Element => (
  <Show when={props.page}>{(title) => <PageHeader title={title()} />}</Show>
)

/** What a question has been answered with, if it has. */
export const dataOf = <T,>(query: Asked<T>): T | undefined => query.data
