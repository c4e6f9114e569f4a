import { PROMPT_VARIABLES, type PromptKey } from "#contract/prompts.ts"
import { AppError, invalid } from "../errors.ts"
import { checkTemplate, type PromptValues, renderPrompt, type Unknown } from "./render.ts"
import { type Resolved, resolveTemplate } from "./resolve.ts"
import { type Door, putOverride, removeOverride, type Scope } from "./store.ts"

/** Throws `request.invalid` with every unknown variable and its offset. */
export async function saveTemplate(door: Door, key: PromptKey, projectId: Scope, template: string): Promise<Resolved> {
  const unknown = unknownOf(template)
  if (unknown.length > 0) {
    const sentence = `has unknown variables: ${unknown.map(({ name, offset }) => `"${name}" at offset ${offset}`).join(", ")}`
    throw new AppError("request.invalid", `template ${sentence}. Known are ${Object.keys(PROMPT_VARIABLES).join(", ")}.`, {
      fields: { template: sentence },
      unknown,
    })
  }
  await putOverride(door, key, projectId, template)
  return resolveTemplate(door, key, projectId)
}

/** Back to what counts without this override; none was there is fine. */
export async function resetTemplate(door: Door, key: PromptKey, projectId: Scope): Promise<Resolved> {
  await removeOverride(door, key, projectId)
  return resolveTemplate(door, key, projectId)
}

export function previewTemplate(template: string, values: PromptValues): { text: string; unknown: Unknown[] } {
  const unknown = unknownOf(template)
  return { text: renderPrompt(template, values), unknown }
}

function unknownOf(template: string): Unknown[] {
  const checked = checkTemplate(template)
  if (!checked.ok) throw invalid("template", checked.message)
  return checked.unknown
}
