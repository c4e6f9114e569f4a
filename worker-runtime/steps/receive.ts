import { MAX_ATTEMPTS } from "#contract/jobs.ts"
import { PROTOCOL } from "#contract/worker.ts"
import type { Doors } from "../doors.ts"
import type { Received } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import { reachablePayload } from "../loopback.ts"
import { endMarked } from "../platform/descendants.ts"
import { ensureWorkDirectory, makeWorkspace } from "../workspace.ts"
import { markOf } from "./child-env.ts"

/**
 * Step 1: the work, by claim or from a payload, and an empty folder for it. The folder is emptied after the claim only:
 * a second worker of the same job on this machine must not take the first one's work away.
 */
export async function receive(_start: object, { env, line, now }: Doors, signal: AbortSignal): Promise<Received> {
  await ensureWorkDirectory(env.workDirectory)
  const { secrets, stateKeys, workspace, limitMs, ...work } = await line.take((name) => makeWorkspace(env.workDirectory, name), signal)
  signal.throwIfAborted()
  const payload = reachablePayload(work.payload, env.loopbackHost)
  const { job, repository } = payload
  for (let attempt = 1; attempt <= job.attempt; attempt++) await endMarked(markOf({ id: job.id, attempt }))
  if (job.folder !== undefined)
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) await endMarked(markOf({ id: job.folder, attempt }))
  if (payload.protocol > PROTOCOL) throw new StepFailure({ kind: "protocol-unsupported" })
  if (!isWebUrl(repository.url)) throw new StepFailure({ kind: "invalid-payload", field: "repository.url" })
  for (const [field, branch] of Object.entries({ branch: repository.branch, baseBranch: repository.baseBranch })) {
    // It becomes an argument of git: one that begins with a dash would be an option.
    if (!/^[^-\s~^:?*[\\][^\s~^:?*[\\]*$/.test(branch)) throw new StepFailure({ kind: "invalid-payload", field: `repository.${field}` })
  }
  const pushes = job.kind === "execution" || job.kind === "claw"
  if (pushes && repository.branch === repository.baseBranch)
    throw new StepFailure({ kind: "invalid-payload", field: "repository.branch", detail: "It is the base branch." })
  return { payload, secrets, stateKeys, workspace, limitMs, startedAt: now() }
}

/** Only http(s), and nothing secret in it: other transports run programs or read files of this machine. */
function isWebUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return (protocol === "https:" || protocol === "http:") && username === "" && password === ""
}
