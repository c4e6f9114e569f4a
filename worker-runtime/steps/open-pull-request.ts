import { setTimeout as sleep } from "node:timers/promises"
import type { Doors } from "../doors.ts"
import type { Opened, Pushed } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import { ForgeRefused, apiUrlOf, gitHub, repositoryName } from "../platform/github.ts"
import type { Forge, PullRequestDone, PullRequestSpec } from "../platform/github.ts"
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
    })
    const done = await upsertPatiently({ forge, spec: specOf(facts, wanted, doors.redactor.clean), doors, signal })
    doors.teller.tell({ kind: "pull-request", url: done.url, number: done.number, action: done.action })
    for (const complaint of done.complaints)
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
    headOwner: repositoryName(payload.repository.url).owner,
    branch: payload.repository.branch,
    draft: wanted.draft,
    labels: wanted.labels,
    reviewers: wanted.reviewers,
    ...(wanted.existing === undefined ? {} : { existing: wanted.existing }),
  }
}

interface Upserting {
  forge: Forge
  spec: PullRequestSpec
  doors: Doors
  signal: AbortSignal
}

const PAUSES_MS = [1_000, 4_000] as const

/** Finding comes before making, so a repeat after a lost answer opens no second one. */
async function upsertPatiently({ forge, spec, doors, signal }: Upserting): Promise<PullRequestDone> {
  for (let tries = 0; ; tries++) {
    try {
      return await doors.outside("open-pull-request", (lease) => forge.upsertPullRequest(spec, lease))
    } catch (error) {
      const pause = PAUSES_MS[tries]
      const transient = error instanceof ForgeRefused && (error.status === 0 || error.status >= 500)
      if (!transient || pause === undefined) throw error
      await sleep(pause, undefined, { signal })
    }
  }
}
