import type { ErrorCode } from "#contract/errors.ts"
import {
  ACCEPTED_PROTOCOLS,
  ARTIFACT_LIMITS,
  ARTIFACT_NAME,
  type Claim,
  EVENT_LIMITS,
  PROTOCOL,
  PROTOCOL_HEADER,
  RESUME_PARTS,
  type WorkerEvent,
} from "#contract/worker.ts"
import { claimSchema, credentialsSchema, eventSchema, eventsSchema, resultSchema } from "#contract/worker.schema.ts"
import type { Context } from "../context.ts"
import { AppError, invalid } from "../errors.ts"
import { check, parse, parseJson, readBytes, readGunzipped } from "../http/input.ts"
import type { App } from "../http/route.ts"
import { type JobStub, jobObject, type Refused, type WantedFile } from "./stub.ts"
import { readLaunchToken, readSessionToken } from "./tokens.ts"

const BASE = "/worker/v1/jobs/:id"
/** A result carries a document of at most 512 KiB; the batch limit fits it too. */
const BODY_LIMIT = EVENT_LIMITS.batchBytes

/**
 * What workers call. The token is checked before an object is touched, and no route here reads D1: a running job must not
 * notice when D1 hangs.
 */
export function mountCallbacks(app: App): void {
  app.use("/worker/*", async (c, next) => {
    const protocol = c.req.header(PROTOCOL_HEADER)
    // A claim is looked at first: its launch token tells which job must hear of it.
    if (!isAccepted(protocol) && !c.req.path.endsWith("/claim")) throw unsupported(protocol)
    await next()
  })

  app.post(`${BASE}/claim`, async (c) => {
    const { context } = c.var
    const id = c.req.param("id")
    const { attempt, nonce } = await readLaunchToken(context.keys.workerToken, c.req.header("authorization") ?? null, id)
    const protocol = c.req.header(PROTOCOL_HEADER)
    if (!isAccepted(protocol)) {
      await jobObject(context.env, id).claim(claimOfUnsupported(attempt, String(protocol)), nonce)
      throw unsupported(protocol)
    }
    const claim = parse(claimSchema, parseJson(await readBytes(c.req.raw, BODY_LIMIT)), "body")
    if (claim.attempt !== attempt) throw new AppError("auth.forbidden", "This launch token belongs to another attempt.")
    const known = isAccepted(String(claim.protocol))
    const said = await jobObject(context.env, id).claim(known ? claim : claimOfUnsupported(attempt, String(claim.protocol)), nonce)
    if (!known) throw unsupported(String(claim.protocol))
    if (!said.ok) throw refused(said)
    return json(said.reply)
  })

  app.post(`${BASE}/events`, async (c) => {
    const { job, secret, tokenAttempt } = session(c.var.context, c.req.raw, c.req.param("id"))
    const batch = parseEvents(parseJson(await readGunzipped(c.req.raw, EVENT_LIMITS.batchBytes)))
    sameAttempt(batch.attempt, tokenAttempt)
    const said = await job.events(batch.attempt, secret, batch.events)
    if (!said.ok) throw refused(said)
    return c.json(said.reply)
  })

  app.post(`${BASE}/result`, async (c) => {
    const { job, secret, tokenAttempt } = session(c.var.context, c.req.raw, c.req.param("id"))
    const { attempt, lastSeq, outcome } = parse(resultSchema, parseJson(await readGunzipped(c.req.raw, BODY_LIMIT)), "body")
    sameAttempt(attempt, tokenAttempt)
    const said = await job.result(attempt, secret, lastSeq, outcome)
    if (!said.ok) throw refused(said)
    return c.json({ status: said.status })
  })

  app.post(`${BASE}/credentials`, async (c) => {
    const { job, secret, tokenAttempt } = session(c.var.context, c.req.raw, c.req.param("id"))
    const { attempt, names } = parse(credentialsSchema, parseJson(await readBytes(c.req.raw, BODY_LIMIT)), "body")
    sameAttempt(attempt, tokenAttempt)
    const said = await job.credentials(attempt, secret, names)
    if (!said.ok) throw refused(said)
    return json(said.reply)
  })

  mountFiles(app)
}

/** What workers leave and fetch. */
function mountFiles(app: App): void {
  app.put(`${BASE}/artifacts/:name`, async (c) => {
    const name = c.req.param("name")
    if (!ARTIFACT_NAME.test(name)) throw invalid("name", "must be 1 to 80 of a-z, 0-9, dot, underscore and dash")
    const { job, secret, tokenAttempt } = session(c.var.context, c.req.raw, c.req.param("id"))
    const allowed = await job.addArtifact(tokenAttempt, secret, { name, size: null })
    if (!allowed.ok) throw refused(allowed)
    const limit = name.startsWith("checkpoint") ? ARTIFACT_LIMITS.checkpointBytes : ARTIFACT_LIMITS.bytes
    const size = await storeBody(c.req.raw, c.var.context.env.BUCKET, { key: allowed.key, limit })
    const said = await job.addArtifact(tokenAttempt, secret, { name, size })
    if (!said.ok) throw refused(said)
    return c.json({ name, size })
  })

  app.get(`${BASE}/attachments/:attachmentId`, (c) =>
    giveFile(c.var.context, c.req.raw, c.req.param("id"), { attachment: c.req.param("attachmentId") }),
  )

  app.get(`${BASE}/resume/:part`, async (c) => {
    const part = RESUME_PARTS.find((known) => known === c.req.param("part"))
    if (!part) throw invalid("part", `must be one of: ${RESUME_PARTS.join(", ")}`)
    return giveFile(c.var.context, c.req.raw, c.req.param("id"), { resume: part })
  })
}

async function giveFile(context: Context, request: Request, id: string, wanted: WantedFile): Promise<Response> {
  const { job, secret, tokenAttempt } = session(context, request, id)
  const said = await job.file(tokenAttempt, secret, wanted)
  if (!said.ok) throw refused(said)
  const object = await context.env.BUCKET.get(said.key)
  if (!object) throw refused({ ok: false, refusal: "no-file" })
  return new Response(object.body, { headers: { "content-type": "application/octet-stream", "content-length": String(object.size) } })
}

/** What a Worker may hold of one body: it has 128 MB for everything. */
const HELD_BYTES = ARTIFACT_LIMITS.bytes

/** A body whose length is told before goes to the bucket as it comes; another one is held, and so may not be as large. */
async function storeBody(request: Request, bucket: R2Bucket, { key, limit }: { key: string; limit: number }): Promise<number> {
  const told = Number(request.headers.get("content-length") ?? Number.NaN)
  if (request.body === null || !Number.isSafeInteger(told) || told <= HELD_BYTES) {
    const bytes = await readBytes(request, Math.min(limit, HELD_BYTES), "artifact.too-large")
    await bucket.put(key, bytes)
    return bytes.byteLength
  }
  if (told > limit) throw new AppError("artifact.too-large", `The body is larger than ${limit} bytes.`, { limit })
  await bucket.put(key, request.body.pipeThrough(new FixedLengthStream(told)))
  return told
}

const SPOKEN = ACCEPTED_PROTOCOLS.join(" and ")
const isAccepted = (protocol: string | undefined): boolean =>
  protocol === undefined || ACCEPTED_PROTOCOLS.some((version) => String(version) === protocol)
const unsupported = (protocol: string | undefined): AppError =>
  new AppError("protocol.unsupported", `This control plane speaks the worker protocol ${SPOKEN}, not ${String(protocol).slice(0, 20)}.`)

/** Said for a worker that cannot be understood: its job ends at once, with the reason, instead of by its start clock. */
const claimOfUnsupported = (attempt: number, protocol: string): Claim => ({
  attempt,
  claimId: `protocol-${attempt}`,
  sessionHash: "0".repeat(64),
  protocol: PROTOCOL,
  workerVersion: "unknown",
  compute: { kind: "unknown", id: "unknown" },
  failure: {
    kind: "protocol-unsupported",
    step: "receive",
    detail: `The worker speaks protocol ${protocol.slice(0, 20)}, this control plane ${SPOKEN}.`,
  },
})

/** The stub of the session's own job, and what the token says. */
function session(context: Context, request: Request, id: string): { job: JobStub; secret: string; tokenAttempt: number } {
  const { attempt, secret } = readSessionToken(request.headers.get("authorization"), id)
  return { job: jobObject(context.env, id), secret, tokenAttempt: attempt }
}

function sameAttempt(body: number, token: number): void {
  if (body !== token) throw new AppError("auth.forbidden", "This session token belongs to another attempt.")
}

/** Every event by itself, so that the refusal names the one to quarantine. */
function parseEvents(body: unknown): { attempt: number; events: WorkerEvent[] } {
  const { attempt, events } = parse(eventsSchema, body, "body")
  return { attempt, events: events.map((event, index) => parseEvent(event, index)) }
}

function parseEvent(value: unknown, index: number): WorkerEvent {
  const checked = check(eventSchema, value)
  if (!checked.ok) throw badEvent(value, index, explain(checked.fields))
  if (JSON.stringify(checked.data).length > EVENT_LIMITS.eventBytes * 1.5)
    throw badEvent(value, index, `it is larger than ${EVENT_LIMITS.eventBytes} bytes`)
  return checked.data
}

function badEvent(value: unknown, index: number, why: string): AppError {
  const seq = typeof value === "object" && value !== null && "seq" in value && typeof value.seq === "number" ? value.seq : null
  return new AppError("event.invalid", `Event ${seq ?? `at index ${index}`} was refused: ${why}.`, {
    index,
    seq,
    fields: { [`events.${index}`]: why },
  })
}

/** A few of them: a value of the wrong kind may be wrong in every field. */
const explain = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .slice(0, 3)
    .map(([path, sentence]) => `${path === "(body)" ? "it" : path} ${sentence}`)
    .join("; ")

const CODES = {
  "not-wanted": ["attempt.stale", "This attempt is not wanted any more."],
  stale: ["attempt.stale", "This attempt is over: another one has taken its place."],
  "already-claimed": ["already-claimed", "Another worker has claimed this attempt."],
  "already-ended": ["already-ended", "This job has ended."],
  "not-claimed": ["not-claimed", "This attempt was not claimed yet."],
  ignored: ["already-ended", "This job does not take that now."],
  unknown: ["auth.required", "There is no such job here."],
  "wrong-secret": ["auth.required", "This session token is not the one that was claimed with."],
  "not-proven": ["auth.forbidden", "This claim does not prove that it comes from the worker that was launched"],
  "not-proven-now": ["outside.failed", "Nobody can tell now whose claim this is, repeat it"],
  "events-missing": ["events-missing", "Events before this result are missing: send them, then repeat it."],
  "no-file": ["not-found", "This is not there, or not any more."],
  "too-many": ["artifact.too-many", "This attempt has stored as many artifacts as are allowed."],
} as const satisfies Record<Refused["refusal"], readonly [ErrorCode, string]>

function refused({ refusal, expected, why }: Refused): AppError {
  const [code, message] = CODES[refusal]
  return new AppError(code, why === undefined ? message : `${message}: ${why}.`, expected === undefined ? undefined : { expected })
}

const json = (text: string): Response => new Response(text, { headers: { "content-type": "application/json" } })
