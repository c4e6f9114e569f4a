import { setTimeout as sleep } from "node:timers/promises"
import type { Doors } from "../doors.ts"
import type { Opened, Pushed } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import { ForgeRefused } from "../platform/forge-refused.ts"
import { apiUrlOf, gitHub, isPassing, repositoryName } from "../platform/github.ts"
import type { Forge, PullRequestSpec } from "../platform/github.ts"
import { WORKER_VERSION } from "../version.ts"
import { cleanSource, originOf } from "./commit-and-push.ts"
import { freshToken } from "./fetch-credentials.ts"
import { describeChange, pullRequestBody } from "./wording.ts"

/** Step 8: the ticket's open pull request is updated, or one is opened. */
export async function openPullRequest(facts: Pushed, doors: Doors, signal: AbortSignal): Promise<Opened> {
  const wanted = facts.payload.repository.pullRequest
  if (facts.change.kind !== "pushed" || wanted === undefined) return { ...facts, pullRequest: null }
  try {
    const { apiUrl = apiUrlOf(wanted.repository) } = facts.payload.scm
    const forge = gitHub({
      apiUrl,
      repository: wanted.repository,
      token: await freshToken(facts, doors, signal),
      userAgent: `viberator/${WORKER_VERSION}`,
      now: doors.now,
    })
    const spec = specOf(facts, wanted, doors.redactor.clean)
    const done = await patiently({ doors, signal, act: (lease) => forge.upsertPullRequest(spec, lease) })
    doors.teller.tell({ kind: "pull-request", url: done.url, number: done.number, action: done.action })
    for (const complaint of [...done.complaints, ...(await decorate({ forge, spec, number: done.number, doors, signal }))])
      doors.teller.tell({ kind: "notice", code: "pull-request-incomplete", text: doors.redactor.clean(complaint).slice(0, 4000) })
    return { ...facts, pullRequest: { url: done.url, number: done.number } }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ForgeRefused) throw new StepFailure({ kind: "pull-request-rejected", status: error.status, detail: error.message })
    throw error
  }
}

type Wanted = NonNullable<Pushed["payload"]["repository"]["pullRequest"]>

function specOf(facts: Pushed, wanted: Wanted, clean: (text: string) => string): PullRequestSpec {
  const { payload, change, usage, agent } = facts
  const description = describeChange(cleanSource(facts, clean))
  const [files, tests] = change.kind === "pushed" ? [change.files, change.tests] : [[], null]
  return {
    title: clean(description.title),
    body: clean(pullRequestBody({ description, files, tests, usage, origin: originOf(facts), agent: agent.slug })),
    baseBranch: wanted.baseBranch,
    head: repositoryName(payload.repository.url),
    branch: payload.repository.branch,
    draft: wanted.draft,
    labels: wanted.labels,
    reviewers: wanted.reviewers,
    ...(wanted.existing === undefined ? {} : { existing: wanted.existing }),
  }
}

interface Decorating {
  forge: Forge
  spec: PullRequestSpec
  number: number
  doors: Doors
  signal: AbortSignal
}

/** Labels and reviewers. The pull request stands without them, so nothing of this ends the job. */
async function decorate({ forge, spec, number, doors, signal }: Decorating): Promise<readonly string[]> {
  if (spec.labels.length === 0 && spec.reviewers.length === 0) return []
  try {
    return await patiently({ doors, signal, act: (lease) => forge.decorate(number, spec, lease) })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ForgeRefused) return [`labels and reviewers: ${error.message}`]
    throw error
  }
}

const PAUSES_MS = [1_000, 4_000] as const
/** All waiting for a forge that was asked too often. A limit of an hour is nothing to pay a machine for. */
const MOST_WAITING_MS = 5 * 60_000

interface Patient<T> {
  doors: Doors
  signal: AbortSignal
  /** Finds what it did before: it is repeated after a lost answer. */
  act: (lease: AbortSignal) => Promise<T>
}

async function patiently<T>({ doors, signal, act }: Patient<T>): Promise<T> {
  let tries = 0
  let waitedMs = 0
  for (;;) {
    try {
      return await doors.outside("open-pull-request", act)
    } catch (error) {
      if (!(error instanceof ForgeRefused) || !isPassing(error)) throw error
      const pause = error.waitMs ?? PAUSES_MS[tries++]
      if (pause === undefined) throw error
      if (error.waitMs !== null) {
        waitedMs += Math.max(pause, 1_000)
        if (waitedMs > MOST_WAITING_MS) throw error
        const text = `The forge was asked too often and is asked again in ${Math.ceil(pause / 1000)} s.`
        doors.teller.tell({ kind: "notice", code: "forge-rate-limited", text })
      }
      await sleep(pause, undefined, { signal })
    }
  }
}
