import { z } from "zod"
import { JOB_STEPS } from "./jobs.ts"

const common = {
  step: z.enum(JOB_STEPS).optional(),
  /** The cause in the words of the program that failed; shown under the sentence. */
  detail: z.string().max(4000).optional(),
  lastLines: z.array(z.string().max(4000)).max(50).optional(),
}
const kind = <K extends string, F extends z.ZodRawShape>(name: K, fields: F) => z.object({ kind: z.literal(name), ...fields, ...common })
const text = z.string().max(4000)
const names = z.array(z.string().max(300)).max(200)

/** A job's failure is data: one variant a kind, with the fields that its sentence needs. */
export const failureSchema = z.discriminatedUnion("kind", [
  kind("queue-timeout", {}),
  kind("launch-refused", { awsCode: text.optional() }),
  kind("image-missing", { image: text.optional() }),
  kind("host-away", {}),
  kind("never-started", { reason: text }),
  kind("worker-lost", { reason: text }),
  kind("control-plane-unreachable", {}),
  kind("protocol-unsupported", {}),
  kind("invalid-payload", { field: text }),
  kind("secret-missing", { names }),
  kind("agent-not-installed", { agent: text.optional() }),
  kind("prompt-too-long", { limit: z.number().int(), actual: z.number().int() }),
  kind("setup-failed", { exitCode: z.number().int() }),
  kind("clone-failed", { hint: z.enum(["auth", "not-found", "network", "branch"]) }),
  kind("agent-auth-failed", {}),
  kind("agent-usage-limit", { resetsAt: text.optional() }),
  kind("agent-failed", { exitCode: z.number().int().optional(), signal: text.optional() }),
  kind("agent-timeout", { limitMs: z.number() }),
  kind("budget-exceeded", { limit: z.number() }),
  kind("no-document", {}),
  kind("no-changes", {}),
  kind("too-many-changes", { limit: z.number().int(), actual: z.number().int() }),
  kind("tests-failed", { command: text }),
  kind("protected-path", { paths: names }),
  kind("secret-in-diff", { where: text }),
  /** `path` and `actual` (bytes) of one file; without them the change as a whole. */
  kind("change-too-large", { path: text.optional(), actual: z.number().int().optional(), limit: z.number().int() }),
  kind("lfs-failed", { reason: z.enum(["not-installed", "not-enabled", "download", "upload"]) }),
  kind("branch-diverged", { savedAs: text }),
  kind("push-rejected", {}),
  kind("pull-request-rejected", { status: z.number().int() }),
  kind("out-of-memory", {}),
  kind("disk-full", {}),
  kind("internal", {}),
])

/** The failure as the API shows it: the data with its sentence, the next step and whether a retry can help. */
export const shownFailureSchema = z.looseObject({
  kind: z.string(),
  step: z.enum(JOB_STEPS).nullable(),
  message: z.string(),
  advice: z.string(),
  lastLines: z.array(z.string()),
  retryHelps: z.boolean(),
})
