import winston from "winston"
import { cleanDeep } from "./redact.ts"
import type { Redactor } from "./redact.ts"

/** One JSON line per event on stderr: stdout belongs to the events of a worker without a control plane. */
export interface Log {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(error: unknown, event: string, fields?: Readonly<Record<string, unknown>>): void
}

export function createLog({
  redactor,
  fields,
  stream = process.stderr,
}: {
  redactor: Redactor
  fields: Readonly<Record<string, unknown>>
  stream?: NodeJS.WritableStream
}): Log {
  const line = winston.format.printf(({ level, message, fields: given }) =>
    JSON.stringify(
      cleanDeep(
        { at: new Date().toISOString(), level, event: message, ...fields, ...(typeof given === "object" ? given : {}) },
        redactor.clean,
      ),
    ),
  )
  const logger = winston.createLogger({
    level: "info",
    format: line,
    transports: [new winston.transports.Stream({ stream })],
  })
  return {
    info: (event, given = {}) => void logger.info(event, { fields: given }),
    warn: (event, given = {}) => void logger.warn(event, { fields: given }),
    error: (error, event, given = {}) =>
      void logger.error(event, { fields: { error: error instanceof Error ? (error.stack ?? error.message) : String(error), ...given } }),
  }
}

/** What nobody caught ends the process, and its words pass the redactor as well: Node would print them as they are. */
export function logCrashes(log: Log, exitCode: number): void {
  process.on("uncaughtException", (error) => {
    log.error(error, "worker-broke")
    process.exit(exitCode)
  })
}
