import type { Submit } from "./submit.ts"

/** What the server says of a field or of anything in it: `subnetIds` hears of `subnetIds.2`. */
export function errorAt(submit: Pick<Submit<never[]>, "error">, path: string): string | null {
  const fields = Object.entries(submit.error()?.fields ?? {})
  return fields.find(([name]) => name === path || name.startsWith(`${path}.`))?.[1] ?? null
}
