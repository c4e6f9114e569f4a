// Amazon S3, read with the machine's own AWS role.
import type { S3Client } from "@aws-sdk/client-s3"
import { z } from "zod"
import { readLimited } from "./read-limited.ts"

export type ReadAnswer =
  | { kind: "bytes"; bytes: Buffer }
  | { kind: "too-large" }
  | { kind: "not-found"; detail: string }
  /** AWS refused: the role may not read it, or may not use the key that it is encrypted with. */
  | { kind: "denied"; detail: string }
  /** There was no answer to work with: no credentials, no region, no network. */
  | { kind: "unreachable"; detail: string }

export type ReadObject = (object: { bucket: string; key: string; limitBytes: number }, signal: AbortSignal) => Promise<ReadAnswer>

/** Loaded only where a payload lies in S3. Region, credentials and address are the SDK's own to find. Throws when aborted. */
export const readObject: ReadObject = async (object, signal) => {
  const { S3Client } = await import("./aws-sdk.ts")
  const client = new S3Client({ maxAttempts: 3, followRegionRedirects: true })
  try {
    return await read(client, object, signal)
  } catch (error) {
    signal.throwIfAborted()
    return troubleOf(error)
  } finally {
    client.destroy()
  }
}

async function read(client: S3Client, { bucket, key, limitBytes }: Parameters<ReadObject>[0], signal: AbortSignal): Promise<ReadAnswer> {
  const { GetObjectCommand } = await import("./aws-sdk.ts")
  const { ContentLength = 0, Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal })
  // Handed over by the SDK, and so no longer its to end.
  const body = Body?.transformToWebStream()
  if (ContentLength > limitBytes) {
    await body?.cancel()
    return { kind: "too-large" }
  }
  const bytes = body === undefined ? Buffer.alloc(0) : await readLimited(abortable(body, signal), limitBytes)
  return bytes === null ? { kind: "too-large" } : { kind: "bytes", bytes }
}

function abortable(body: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  return body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal })
}

/** S3's own codes: "Error Responses" of its API reference. */
const NOT_FOUND = /^(NoSuchKey|NoSuchBucket|NotFound|NoSuchVersion|InvalidBucketName)$/
const DENIED = /AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|AllAccessDisabled|KMS/

function troubleOf(error: unknown): Extract<ReadAnswer, { detail: string }> {
  const name = error instanceof Error ? error.name : "Error"
  const status = answered.safeParse(error).data?.$metadata?.httpStatusCode
  if (NOT_FOUND.test(name) || status === 404) return { kind: "not-found", detail: name }
  if (DENIED.test(name) || status === 401 || status === 403) return { kind: "denied", detail: name }
  return { kind: "unreachable", detail: `${name}: ${error instanceof Error ? error.message : String(error)}` }
}

const answered = z.object({ $metadata: z.object({ httpStatusCode: z.number() }).optional() })
