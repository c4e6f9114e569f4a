// PURE: the OpenAPI document in the order in which people look for things.
import type { Schema } from "./outline.ts"

interface Content {
  content?: Readonly<Record<string, { schema: Schema }>>
}
interface Operation extends Record<string, unknown> {
  summary?: string
  security?: readonly unknown[]
  parameters?: readonly { name: string; in: string; required?: boolean; schema: Schema }[]
  requestBody?: Content
  responses: Readonly<Record<string, Content>>
}
export interface Document {
  info: { title: string; version: string; description?: string }
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export interface Shown {
  id: string
  method: string
  path: string
  summary: string
  needsToken: boolean
  parameters: NonNullable<Operation["parameters"]>
  body: { type: string; schema: Schema } | null
  replies: { status: string; schema: Schema | null }[]
}
export interface Group {
  name: string
  operations: Shown[]
}

/** By the first word after /api, each in the document's own order. */
export function groupsOf({ paths }: Document): Group[] {
  const groups = new Map<string, Shown[]>()
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods)) {
      const [, , name = ""] = path.split("/")
      groups.set(name, [...(groups.get(name) ?? []), shown(method, path, operation)])
    }
  return [...groups].map(([name, operations]) => ({ name, operations })).sort((a, b) => a.name.localeCompare(b.name))
}

function shown(method: string, path: string, { summary = "", security, parameters = [], requestBody, responses }: Operation): Shown {
  const [body] = Object.entries(requestBody?.content ?? {})
  return {
    ...{ id: `${method}-${path.replaceAll(/[^a-z]+/gi, "-")}`, method: method.toUpperCase(), path, summary, parameters },
    needsToken: security !== undefined && security.length > 0,
    body: body ? { type: body[0], schema: body[1].schema } : null,
    replies: Object.entries(responses).flatMap(([status, { content }]) =>
      status === "default" ? [] : [{ status, schema: Object.values(content ?? {})[0]?.schema ?? null }],
    ),
  }
}
