// How the tests look at what a run registered.
import type { Registered, Run } from "../offline.ts"

/** `Vpc`, or `ec2 Vpc` where two services have one. */
export const all = (run: Run | undefined, kind: string): Registered[] =>
  (run?.resources ?? []).filter(({ type }) => type.endsWith(`:${kind}`) || type.replace(/^aws:(\w+)\/\w+:/, "$1 ") === kind)

export function one(run: Run | undefined, kind: string, name?: string): Record<string, unknown> {
  const found = all(run, kind).filter((made) => name === undefined || made.name === name)
  const [only] = found
  if (!only || found.length > 1) throw new Error(`${found.length} of ${kind} ${name ?? ""}`)
  return only.inputs
}

export interface Statement {
  Sid: string
  Effect: string
  Principal?: unknown
  Action: string | string[]
  Resource?: string | string[]
  Condition?: Record<string, Record<string, unknown>>
}
export const statements = (policy: unknown): Statement[] => JSON.parse(String(policy)).Statement
export const list = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : Array.isArray(value) ? value : [value])
