import { asRecord, fromConfig, type ReadConfig } from "./config.ts"

/** What a pasted text is: a configuration, or a sentence about why it is none. */
export type Pasted = { ok: true; config: ReadConfig } | { ok: false; problem: string }

/** Takes a `deploymentConfig` block as the documentation prints it, or a whole clanker around one. */
export function readPasted(text: string): Pasted {
  const parsed = parse(text)
  if (!parsed) return { ok: false, problem: "This is not JSON. Copy the whole block, from its first { to its last }." }
  const inner = asRecord(parsed["deploymentConfig"])
  const config = fromConfig("computeType" in inner ? inner : parsed)
  if (!config) return { ok: false, problem: 'It names no strategy: "computeType" must be "lambda", "ecs" or "docker".' }
  if (config.unknown.length > 0)
    return {
      ok: false,
      problem: `${list(config.unknown)} ${config.unknown.length === 1 ? "is not a field" : "are not fields"} of this strategy. Nothing was filled in.`,
    }
  return { ok: true, config }
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? asRecord(value) : null
  } catch {
    // The caller says so to the person who pasted it.
    return null
  }
}

export const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`
