// PURE: the one thing that the broker changes in the body of a request, and what it reads of it.
import { z } from "zod"
import type { Asked } from "./dialects.ts"

const bodySchema = z.object({
  model: z.string().optional().catch(undefined),
  stream: z.boolean().nullish().catch(null),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish().catch(null),
})

export interface Prepared {
  body: Buffer
  /** The body is not what the agent sent. */
  changed: boolean
  /** As the request names it; the answer's own word counts more. */
  model: string | null
}

/**
 * An OpenAI chat stream says what it used only when asked, so it is asked: `stream_options.include_usage`. Nothing else
 * of a body is ever changed, and one that is no JSON passes as it is.
 */
export function prepareBody({ route, url }: Asked, body: Buffer): Prepared {
  const inPath = /\/models\/([^/:]+):/.exec(url.pathname)?.[1] ?? null
  const said = route.counts ? parse(body) : null
  const read = bodySchema.safeParse(said)
  if (!read.success) return { body, changed: false, model: inPath }
  const { data } = read
  const model = data.model ?? inPath
  if (route.asksUsage !== true || data.stream !== true || data.stream_options?.include_usage === true)
    return { body, changed: false, model }
  const asking = { ...Object(said), stream_options: { ...data.stream_options, include_usage: true } }
  return { body: Buffer.from(JSON.stringify(asking)), changed: true, model }
}

/** Mistral and others of its strictness refuse the whole request for that field, and count without being asked. */
export function refusesTheQuestion(status: number, text: string): boolean {
  return (status === 400 || status === 422) && text.includes("stream_options")
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    // Not JSON, or packed: the provider will say what it thinks of it.
    return null
  }
}
