import type { Context } from "../context.ts"
import { OutsideError } from "../outside.ts"
import type { Probe } from "../projects/readiness.ts"
import type { ProjectRecord } from "../projects/store.ts"
import { findSealed, type SecretRecord } from "../secrets/store.ts"
import { callTyped } from "./outside.ts"

const LIMIT_MS = 3000
const KEPT_SECONDS = 300
/** Where the list of branches is looked into; the rest of a longer one is not fetched. */
const LIST_BYTES = 1_048_576

/**
 * Asks the repository as git would, with the credential if the control plane holds it: does it answer, and is the base
 * branch there? Null when a credential lies elsewhere, or cannot be read. The answer is kept 5 minutes at the edge, under
 * the versions of what was asked with.
 */
export async function probeRepository(context: Context, project: ProjectRecord, scm: SecretRecord | null): Promise<Probe | null> {
  if (project.scm?.secretId && scm?.location !== "database") return null
  const kept = `https://probes.invalid/${project.id}/${project.updatedAt}/${scm ? `${scm.id}/${scm.version}` : "none"}`
  const cache = await caches.open("probes")
  const known = await cache.match(kept)
  if (known) return known.json<Probe>()
  const probe = await ask(context, project, scm)
  if (probe) await cache.put(kept, Response.json(probe, { headers: { "cache-control": `max-age=${KEPT_SECONDS}` } }))
  return probe
}

async function ask(context: Context, { repositoryUrl, baseBranch }: ProjectRecord, scm: SecretRecord | null): Promise<Probe | null> {
  const [sealed] = scm ? await findSealed(context, [scm.id]) : []
  if (scm && !sealed) return null
  const token = sealed ? await context.vault.open({ table: "secrets", row: sealed.id, column: "sealed" }, sealed.sealed) : null
  const authorization = token === null ? {} : { authorization: `Basic ${btoa(`x-access-token:${token}`)}` }
  const url = `${repositoryUrl.replace(/\/$/, "")}/info/refs?service=git-upload-pack`
  try {
    const response = await callTyped(context, url, { headers: { ...authorization, "user-agent": "git/viberglass" }, limitMs: LIMIT_MS })
    if (response.ok) return { answer: (await listsBranch(response, baseBranch)) ? "there" : "no-branch" }
    await response.body?.cancel()
    return { answer: ANSWERS[response.status] ?? "unreachable", status: response.status }
  } catch (error) {
    if (error instanceof OutsideError) return { answer: "unreachable", why: error.message }
    throw error
  }
}

const ANSWERS: Readonly<Record<number, Probe["answer"]>> = { 401: "refused", 403: "refused", 404: "not-found" }

/** True as well when the list is longer than what is read of it. */
async function listsBranch(response: Response, branch: string): Promise<boolean> {
  const wanted = ` refs/heads/${branch}\n`
  let text = ""
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part
    if (`${text}\n`.includes(wanted)) return true
    if (text.length > LIST_BYTES) return true
  }
  return false
}
