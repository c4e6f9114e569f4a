import { QueryObserver, type QueryKey, type QueryObserverOptions, type QueryObserverResult } from "@tanstack/solid-query"
import { type Accessor, batch, createComputed, createMemo, on, onCleanup, untrack } from "solid-js"
import { createStore, reconcile } from "solid-js/store"
import { queryClient } from "./query-client.ts"

/** A question to the server as it stands: pending, answered or refused. Reading it never suspends. */
export interface Asked<T> {
  data: T | undefined
  error: Error | null
  isPending: boolean
  isSuccess: boolean
  isError: boolean
  /** It failed, and nothing was loaded before. */
  isLoadingError: boolean
  isFetching: boolean
  refetch: () => Promise<unknown>
}

/**
 * Like the library's own hook, without its resource: that one suspends for a tick whenever a cached answer is first
 * read, which takes the page out of the document, and with it the focus, the scroll position and open dialogs.
 */
export function useQuery<T, K extends QueryKey>(options: Accessor<QueryObserverOptions<T, Error, T, T, K>>): Asked<T> {
  const asked = createMemo(() => queryClient.defaultQueryOptions(options()))
  const observer = new QueryObserver(queryClient, untrack(asked))
  const first = observer.getOptimisticResult(untrack(asked))
  const [result, setResult] = createStore<Asked<T>>({ ...facesOf(first), data: copy(first.data) })
  let shown = first.data

  const show = (next: QueryObserverResult<T>) =>
    batch(() => {
      if (next.data !== shown) {
        shown = next.data
        // Rows keep their identity by id: a list that is asked again moves rows and makes none anew.
        setResult("data", reconcile(copy(next.data), { key: "id" }))
      }
      setResult(facesOf(next))
    })
  onCleanup(observer.subscribe(show))
  createComputed(
    on(
      asked,
      (next) => {
        observer.setOptions(next)
        show(observer.getOptimisticResult(next))
      },
      { defer: true },
    ),
  )
  return result
}

const facesOf = ({ error, isPending, isSuccess, isError, isLoadingError, isFetching, refetch }: QueryObserverResult) => ({
  error,
  isPending,
  isSuccess,
  isError,
  isLoadingError,
  isFetching,
  refetch: () => refetch(),
})

/** The store changes its copy in place; the cache's own stays as the server said it. */
const copy = <D>(data: D): D => (data === undefined ? data : structuredClone(data))
