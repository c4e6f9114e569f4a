import { QueryClient } from "@tanstack/solid-query"
import { ApiError } from "./client.ts"

/** The feed says when something changed, so nothing is asked again by the clock or because a window was focused. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: true,
      retry: (failures, error) => failures < 2 && isTransient(error),
    },
  },
})

const isTransient = (error: Error): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500)
