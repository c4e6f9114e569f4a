// PURE: what the Docker Engine's refusals mean to a caller.
import { EngineError } from "./engine.ts"

interface Refusal {
  /** HTTP status of the Engine API; missing when the engine could not be spoken to at all. */
  statusCode?: number | undefined
  code?: string | undefined
  message: string
}

export type DockerAct = "image" | "pull" | "create" | "start" | "other"

/** An `EngineError` for everything that is the engine's word; what is not (a bug of ours) comes back as it is. */
export function classOf(error: unknown, act: DockerAct, image = ""): unknown {
  if (error instanceof EngineError) return error
  const refusal = refusalOf(error)
  if (!refusal) return error
  const { statusCode, message } = refusal
  if (statusCode === undefined)
    return new EngineError("transient", "engine-unreachable", `The Docker engine cannot be reached: ${message}.`)
  if (act === "pull") return pullError(statusCode, message, image)
  if (act === "image" || act === "create") {
    if (statusCode === 404 && /no such image/i.test(message)) return missingImage(image, "it is not on this host")
    if (statusCode === 409) return new EngineError("permanent", "name-conflict", `Another container has this worker's name: ${message}`)
    if (statusCode === 400 && /invalid reference/i.test(message)) return missingImage(image, "that is no image's name")
  }
  if (statusCode === 404) return new EngineError("not-found", "gone", message)
  if (act === "start" || statusCode === 400) return new EngineError("permanent", "start-failed", `Docker refused the container: ${message}`)
  return new EngineError("transient", "engine-failed", `Docker answered ${statusCode}: ${message}`)
}

/** Its code is the one that the control plane knows as a failure of its own. */
export const missingImage = (image: string, why: string) =>
  new EngineError("not-found", "image-missing", `There is no image ${image}: ${why}.`)

/** A registry says "denied" also of what is not there; a registry that cannot be reached may be there tomorrow. */
export function pullError(statusCode: number | undefined, message: string, image: string): EngineError {
  if (/denied|unauthorized|authentication required|no basic auth|forbidden/i.test(message) || statusCode === 401 || statusCode === 403)
    return new EngineError("permanent", "pull-denied", `The registry refused ${image}, or has no such image: ${message}`)
  if (statusCode === 404 || /manifest unknown|not found/i.test(message)) return missingImage(image, "neither here nor in its registry")
  return new EngineError("transient", "pull-failed", `${image} is not on this host and could not be pulled: ${message}`)
}

const UNREACHABLE = new Set(["ENOENT", "EACCES", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EHOSTUNREACH"])

function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof Error)) return null
  if ("statusCode" in error && typeof error.statusCode === "number") return { statusCode: error.statusCode, message: wordsOf(error) }
  if ("code" in error && typeof error.code === "string" && UNREACHABLE.has(error.code)) return { code: error.code, message: error.message }
  return null
}

/** dockerode puts the engine's own words into `json.message`, and its own around them into `message`. */
function wordsOf(error: Error): string {
  const json: unknown = "json" in error ? error.json : null
  return typeof json === "object" && json !== null && "message" in json ? String(json.message) : error.message
}
