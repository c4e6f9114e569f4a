import { PROMPT_VARIABLES } from "#contract/prompts.ts"
import { AppError, invalid } from "../errors.ts"
import { checkTemplate, type PromptValues, renderPrompt, type Unknown } from "./render.ts"
import { type Resolved, resolveTemplate } from "./resolve.ts"
import { type Door, putOverride, removeOverride, type Wanted } from "./store.ts"

/** Throws `request.invalid` with every unknown variable and its offset, `version.stale` when the base is not the current one. */
export async function saveTemplate(door: Door, wanted: Wanted, template: string): Promise<Resolved> {
  const unknown = unknownOf(template)
  if (unknown.length > 0) {
    const sentence = `has unknown variables: ${unknown.map(({ name, offset }) => `"${name}" at offset ${offset}`).join(", ")}`
    throw new AppError("request.invalid", `template ${sentence}. Known are ${Object.keys(PROMPT_VARIABLES).join(", ")}.`, {
      fields: { template: sentence },
      unknown,
    })
  }
  const written = await putOverride(door, wanted, template)
  const now = await resolveTemplate(door, wanted.key, wanted.projectId)
  // The same text again is a repeat of a save whose answer was lost.
  if (!written && !(now.revision > 0 && now.template === template)) throw stale(now)
  return now
}

/** Back to what counts without this override; none was there is fine. Throws `version.stale`. */
export async function resetTemplate(door: Door, wanted: Wanted): Promise<Resolved> {
  const removed = await removeOverride(door, wanted)
  const now = await resolveTemplate(door, wanted.key, wanted.projectId)
  if (!removed) throw stale(now)
  return now
}

const stale = ({ revision }: Resolved) =>
  new AppError("version.stale", "Somebody else saved this template meanwhile: look at theirs first.", {
    revision,
    fields: { baseRevision: "is not the current revision" },
  })

export function previewTemplate(template: string, values: PromptValues): { text: string; unknown: Unknown[] } {
  const unknown = unknownOf(template)
  return { text: renderPrompt(template, values), unknown }
}

function unknownOf(template: string): Unknown[] {
  const checked = checkTemplate(template)
  if (!checked.ok) throw invalid("template", checked.message)
  return checked.unknown
}
