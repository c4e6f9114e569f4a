import { createSignal } from "solid-js"
import { ApiError } from "../api/client.ts"
import { sentenceOf } from "./problem.tsx"

export interface Submit<A extends unknown[]> {
  run: (...args: A) => Promise<boolean>
  busy: () => boolean
  /** What went wrong, when no field is to blame. */
  problem: () => string | null
  /** What the server says of one field. */
  fieldError: (path: string) => string | null
  error: () => ApiError | null
  reset: () => void
}

/** One act that talks to the server: busy while it does, its refusal beside the field it names, else as a sentence. */
export function createSubmit<A extends unknown[]>(act: (...args: A) => Promise<unknown>, knownFields: readonly string[] = []): Submit<A> {
  const [busy, setBusy] = createSignal(false)
  const [error, setError] = createSignal<unknown>(null)
  const apiError = () => {
    const said = error()
    return said instanceof ApiError ? said : null
  }
  const fields = () => apiError()?.fields ?? {}

  return {
    async run(...args) {
      if (busy()) return false
      setBusy(true)
      setError(null)
      try {
        await act(...args)
        return true
      } catch (refusal) {
        setError(() => refusal)
        return false
      } finally {
        setBusy(false)
      }
    },
    busy,
    problem: () => {
      if (error() === null) return null
      const unknown = Object.entries(fields()).filter(([path]) => !knownFields.includes(path))
      const known = Object.keys(fields()).length - unknown.length
      if (unknown.length > 0) return unknown.map(([path, sentence]) => `${path} ${sentence}`).join("; ")
      return known > 0 ? null : sentenceOf(error())
    },
    fieldError: (path) => fields()[path] ?? null,
    error: apiError,
    reset: () => setError(null),
  }
}
