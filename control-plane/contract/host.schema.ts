import { z } from "zod"

const attempt = z.number().int().min(1)
const run = { jobId: z.string(), attempt, handle: z.string() }

export const runArgsSchema = z.object({
  jobId: z.string(),
  attempt,
  image: z.string(),
  networkMode: z.string(),
  cpus: z.number().optional(),
  memoryMb: z.number().int().optional(),
  /** The four launch values; the host adds what it was told to forward. */
  env: z.record(z.string(), z.string()),
})

/** What a host says. `exited` is repeated until `stored`. */
export const hostSaysSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    protocol: z.number().int(),
    version: z.string().max(100),
    engine: z.object({ kind: z.enum(["docker", "process"]), version: z.string().max(100) }),
    slots: z.number().int().min(1).max(1000),
    running: z.array(z.object(run)).max(1000),
  }),
  z.object({
    type: z.literal("reply"),
    id: z.string(),
    ok: z.boolean(),
    result: z.record(z.string(), z.unknown()).optional(),
    error: z
      .object({ class: z.enum(["transient", "permanent", "not-found"]), code: z.string().max(100), message: z.string().max(2000) })
      .optional(),
  }),
  z.object({
    type: z.literal("exited"),
    ...run,
    exitCode: z.number().int().nullable(),
    signal: z.string().max(20).optional(),
    oom: z.boolean(),
    reason: z.string().max(2000),
  }),
])

const call = <V extends string, A extends z.ZodType>(verb: V, args: A) =>
  z.object({ type: z.literal("call"), id: z.string(), verb: z.literal(verb), args })
const handle = z.object({ handle: z.string() })

/** What a host is told. A `call` is repeated after a reconnect until its `reply` came. */
export const hostToldSchema = z.union([
  z.discriminatedUnion("verb", [
    call("ping", z.object({})),
    call("image", z.object({ name: z.string(), pull: z.boolean() })),
    call("run", runArgsSchema),
    call("inspect", handle),
    call("stop", z.object({ handle: z.string(), graceMs: z.number().int() })),
    call("logs", z.object({ handle: z.string(), tail: z.number().int() })),
  ]),
  z.object({ type: z.literal("stored"), jobId: z.string(), attempt }),
  z.object({ type: z.literal("bye"), reason: z.string() }),
])
export const imageFactsSchema = z.object({ id: z.string(), size: z.number(), digest: z.string().optional() })
