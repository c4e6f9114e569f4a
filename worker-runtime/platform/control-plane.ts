import { errorReplySchema } from "#contract/errors.schema.ts"
import { credentialsReplySchema, artifactReplySchema, eventsReplySchema, resultReplySchema } from "#contract/worker.schema.ts"
import { ATTACHMENT_LIMITS } from "#contract/attachments.ts"
import { ARTIFACT_LIMITS, PROTOCOL, PROTOCOL_HEADER } from "#contract/worker.ts"
import type { Claim, EventsReply, Launch, Outcome, ResumePart, SecretDelivery } from "#contract/worker.ts"
import type { Vitals } from "../line.ts"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { z } from "zod"
import { readAnswer } from "./answers.ts"
import type { Answer, HttpReply } from "./answers.ts"
import { readLimited } from "./read-limited.ts"

/** One request may take so long; a connection that hangs is a lost answer. */
const REQUEST_MS = 30_000
/** A file of 90 MiB over a slow line. */
const TRANSFER_MS = 300_000

/**
 * The control plane's worker API, one try per call. No method throws for what the network does: a lost connection is
 * the answer `later`. They throw when `signal` is aborted.
 */
export interface ControlPlane {
  /** `POST /claim` with the launch token. What a 2xx says is for the caller to read: the claim is made either way. */
  claim(body: Claim, signal: AbortSignal): Promise<Answer<unknown>>
  /** `POST /events`; `events` are JSON texts with their seq. */
  events(body: { events: readonly string[]; vitals: Vitals | null }, signal: AbortSignal): Promise<Answer<EventsReply>>
  result(body: { lastSeq: number; outcome: Outcome }, signal: AbortSignal): Promise<Answer<{ status: string }>>
  /** `POST /credentials`: fresh SCM tokens. */
  credentials(names: readonly string[], signal: AbortSignal): Promise<Answer<{ secrets: SecretDelivery[] }>>
  /** `GET /attachments/{id}`: the bytes; `refused` when the job has no such file. */
  attachment(id: string, signal: AbortSignal): Promise<Answer<Uint8Array>>
  artifact(name: string, content: Uint8Array, signal: AbortSignal): Promise<Answer<{ name: string; size: number }>>
  /** A part of what this attempt goes on from. One that is not there is a refusal. */
  resumeFile(part: ResumePart, signal: AbortSignal): Promise<Answer<Uint8Array>>
}

export function controlPlane({ launch, sessionToken, now }: { launch: Launch; sessionToken: string; now: () => number }): ControlPlane {
  const { attempt } = launch
  const base = `${launch.controlPlaneUrl.replace(/\/+$/, "")}/worker/v1/jobs/${encodeURIComponent(launch.jobId)}`
  const post = async <T>(path: string, body: string, schema: z.ZodType<T>, signal: AbortSignal, token = sessionToken) => {
    const packs = path === "/events" || path === "/result"
    const sent = { method: "POST", url: base + path, token, type: "application/json", body, packs, limitMs: REQUEST_MS, signal }
    return readAnswer(await send(sent), schema, now())
  }
  const fetchFile = async (path: string, takesBytes: number, signal: AbortSignal): Promise<Answer<Uint8Array>> => {
    const reply = await send({ method: "GET", url: base + path, token: sessionToken, limitMs: TRANSFER_MS, takesBytes, signal })
    const missing = reply.status === 404 ? errorReplySchema.safeParse(reply.body) : null
    if (missing?.success) return { kind: "refused", ...missing.data.error }
    return readAnswer(reply, BYTES, now())
  }
  return {
    claim: (body, signal) => post("/claim", JSON.stringify(body), ANY_JSON, signal, launch.launchToken),
    events: ({ events, vitals }, signal) =>
      post(
        "/events",
        `{"attempt":${attempt},"events":[${events.join(",")}]${vitals === null ? "" : `,"vitals":${JSON.stringify(vitals)}`}}`,
        eventsReplySchema,
        signal,
      ),
    result: (body, signal) => post("/result", JSON.stringify({ attempt, ...body }), resultReplySchema, signal),
    credentials: (names, signal) => post("/credentials", JSON.stringify({ attempt, names }), credentialsReplySchema, signal),
    attachment: (id, signal) => fetchFile(`/attachments/${encodeURIComponent(id)}`, ATTACHMENT_LIMITS.bytes, signal),
    resumeFile: (part, signal) => fetchFile(`/resume/${part}`, ARTIFACT_LIMITS.checkpointBytes, signal),
    async artifact(name, content, signal) {
      const url = `${base}/artifacts/${encodeURIComponent(name)}`
      return readAnswer(
        await send({
          method: "PUT",
          url,
          token: sessionToken,
          type: "application/octet-stream",
          body: content,
          limitMs: TRANSFER_MS,
          signal,
        }),
        artifactReplySchema,
        now(),
      )
    },
  }
}

/** Below this a body travels as it is: packing it would save nothing. */
const GZIP_BYTES = 2048
const pack = promisify(gzip)

/** Our control plane answers with an object; a page of somebody between us is text. */
const ANY_JSON = z.looseObject({})
const BYTES = z.instanceof(Uint8Array)

interface Sent {
  method: string
  url: string
  token: string
  type?: string
  body?: string | Uint8Array
  packs?: boolean
  limitMs: number
  /** A good answer is not JSON, but at most so many bytes. */
  takesBytes?: number
  signal: AbortSignal
}

async function send({ method, url, token, type, body, packs = false, limitMs, takesBytes, signal }: Sent): Promise<HttpReply> {
  try {
    const packed = packs && body !== undefined && body.length > GZIP_BYTES
    const reply = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        [PROTOCOL_HEADER]: String(PROTOCOL),
        ...(type === undefined ? {} : { "content-type": type }),
        ...(packed ? { "content-encoding": "gzip" } : {}),
      },
      ...(body === undefined ? {} : { body: packed ? await pack(body) : body }),
      // A redirect would carry the token to somebody else.
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
    })
    const said = takesBytes !== undefined && reply.ok ? await readLimited(reply.body ?? [], takesBytes) : parseJson(await reply.text())
    return { status: reply.status, retryAfter: reply.headers.get("retry-after"), body: said }
  } catch (error) {
    signal.throwIfAborted()
    // Refused, reset, timed out, no name: all of them mean "again later"; the text says which to the log.
    return { status: 0, retryAfter: null, body: String(error) }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON, so not ours: the status decides.
    return text
  }
}
