import { createSignal } from "solid-js"
import { createStore, type SetStoreFunction } from "solid-js/store"
import type { Project } from "#contract/projects.ts"
import type { Role } from "#contract/users.ts"
import { editProject, type ProjectWrite } from "../../api/projects.ts"
import { errorAt } from "../../parts/field-errors.ts"
import { whyNotWrite } from "../../parts/permission.ts"
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
  project,
  initial,
  toRequest,
  fields,
  permitted = whyNotWrite,
  whyNot = () => null,
}: {
  project: () => Pick<Project, "id" | "role">
  initial: D
  toRequest: (draft: D) => Partial<ProjectWrite>
  fields: readonly string[]
  /** Why this role may not save it. */
  permitted?: (role: Role) => string | null
  whyNot?: (draft: D) => string | null
}): Section<D> {
  const [draft, set] = createStore<D>(initial)
  const [saved, setSaved] = createSignal(JSON.stringify(toRequest(draft)))
  const submit = createSubmit(async () => {
    const request = toRequest(draft)
    await editProject(project().id, request)
    setSaved(JSON.stringify(request))
  }, fields)
  const unchanged = () => (JSON.stringify(toRequest(draft)) === saved() ? "Nothing to save yet." : null)
  const reason = () => permitted(project().role) ?? unchanged() ?? whyNot(draft)
  return { draft, set, submit, errorAt: (path) => errorAt(submit, path), reason }
}
