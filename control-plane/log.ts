import { wordsOf } from "./errors.ts"

export type Fields = Record<string, string | number | boolean | null | undefined>
export interface Log {
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  error(event: string, error: unknown, fields?: Fields): void
  with(fields: Fields): Log
}

/** One JSON line an event: name, ids, numbers. Values of secrets, bodies and headers are never given to it. */
export function createLog(bound: Fields = {}, write: (line: string) => void = (line) => console.log(line)): Log {
  const line = (level: string, event: string, fields: Fields) =>
    write(JSON.stringify({ at: new Date().toISOString(), level, event, ...bound, ...fields }))
  return {
    info: (event, fields = {}) => line("info", event, fields),
    warn: (event, fields = {}) => line("warn", event, fields),
    error: (event, error, fields = {}) => {
      const said = { error: wordsOf(error), stack: framesOf(error) }
      line("error", event, { ...said, ...fields })
    },
    with: (fields) => createLog({ ...bound, ...fields }, write),
  }
}

/** Where it happened, without the message that heads a stack. */
const framesOf = (error: unknown): string | null =>
  error instanceof Error
    ? (error.stack ?? "")
        .split("\n")
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 12)
        .join("\n")
    : null
