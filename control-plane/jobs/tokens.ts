import { AppError } from "../errors.ts"
import { hmacHex, sameText } from "../hash.ts"

// Structured tokens: a forged or foreign one is refused before any object is touched.

/** `vl_<jobId>_<attempt>_<nonce>_<mac>`; the same values give the same token, so a repeated launch sends the same body. */
export async function launchToken(key: Uint8Array, jobId: string, attempt: number, nonce: string): Promise<string> {
  return `vl_${jobId}_${attempt}_${nonce}_${await hmacHex(key, `launch:${jobId}:${attempt}:${nonce}`)}`
}

export async function readLaunchToken(
  key: Uint8Array,
  authorization: string | null,
  jobId: string,
): Promise<{ attempt: number; nonce: string }> {
  const [, job, attempt, nonce, mac] = /^Bearer vl_(job_[0-9a-z]+)_(\d+)_([0-9a-f]+)_([0-9a-f]+)$/.exec(authorization ?? "") ?? []
  if (!job || !attempt || !nonce || !mac) throw new AppError("auth.required", "This is not a launch token.")
  if (!sameText(mac, await hmacHex(key, `launch:${job}:${attempt}:${nonce}`)))
    throw new AppError("auth.required", "This launch token was not made here.")
  if (job !== jobId) throw new AppError("auth.forbidden", "This token belongs to another job.")
  return { attempt: Number(attempt), nonce }
}

/** `vs_<jobId>_<attempt>_<secret>`: the worker made the secret, the job's object knows its SHA-256. */
export function readSessionToken(authorization: string | null, jobId: string): { attempt: number; secret: string } {
  const [, job, attempt, secret] = /^Bearer vs_(job_[0-9a-z]+)_(\d+)_([A-Za-z0-9_-]{16,200})$/.exec(authorization ?? "") ?? []
  if (!job || !attempt || !secret) throw new AppError("auth.required", "This is not a session token.")
  if (job !== jobId) throw new AppError("auth.forbidden", "This token belongs to another job.")
  return { attempt: Number(attempt), secret }
}
