import { createSignal } from "solid-js"
import { createStore, type SetStoreFunction } from "solid-js/store"
import { editProject, type ProjectWrite } from "../../api/projects.ts"
import { errorAt } from "../../parts/field-errors.ts"
import { usePermission } from "../../parts/permission.ts"
import { createSubmit, type Submit } from "../../parts/submit.ts"

export interface Section<D extends object> {
  draft: D
  set: SetStoreFunction<D>
  submit: Submit<[]>
  errorAt: (path: string) => string | null
  /** Why it cannot be saved now; null when it can. */
  reason: () => string | null
}

/** One part of a project's settings, saved by itself. What somebody types stays, whatever else changes meanwhile. */
export function createSection<D extends object>({
  projectId,
  initial,
  toRequest,
  fields,
  whyNot = () => null,
}: {
  projectId: string
  initial: D
  toRequest: (draft: D) => Partial<ProjectWrite>
  fields: readonly string[]
  whyNot?: (draft: D) => string | null
}): Section<D> {
  const { writeReason } = usePermission()
  const [draft, set] = createStore<D>(initial)
  const [saved, setSaved] = createSignal(JSON.stringify(toRequest(draft)))
  const submit = createSubmit(async () => {
    const request = toRequest(draft)
    await editProject(projectId, request)
    setSaved(JSON.stringify(request))
  }, fields)
  const unchanged = () => (JSON.stringify(toRequest(draft)) === saved() ? "Nothing to save yet." : null)
  return { draft, set, submit, errorAt: (path) => errorAt(submit, path), reason: () => writeReason() ?? unchanged() ?? whyNot(draft) }
}
