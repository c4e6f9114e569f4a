import { sql } from "drizzle-orm"
import { z } from "zod"
import { AGENTS, missingSecretGroups } from "#contract/agents.ts"
import { SELF_TEST_ANSWER_LIMIT, SELF_TEST_LIMIT_MS, type SelfTest } from "#contract/clankers.ts"
import { isTerminal, type Job } from "#contract/jobs.ts"
import type { ConfigFile } from "../clankers/revision-store.ts"
import { notActive } from "../clankers/not-active.ts"
import { selfTestStarted, takesJobs } from "../clankers/self-test-store.ts"
import { type ServingClanker, servingFiles, servingQuery, servingSecrets, toServing } from "../clankers/serving-store.ts"
import { STRATEGIES } from "../compute/strategy.ts"
import { type Context, iso } from "../context.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import { refuseArchived } from "../projects/edit.ts"
import { projectQuery, type ProjectRecord } from "../projects/store.ts"
import { isUsableIn } from "../secrets/scope.ts"
import { type SecretRecord, secretsQuery } from "../secrets/store.ts"
import { jobSecrets } from "./job-secrets.ts"
import type { FullSpec } from "./spec.ts"
import { startJob } from "./start.ts"

interface Order {
  user: { id: string; name: string }
  /** Id or slug. */
  clanker: string
  /** Whose secrets it may use, beside the installation's. */
  projectId: string | null
  retryOf?: string | null
}

/**
 * Tries a clanker out: a worker starts, its secrets arrive, the agent answers one prompt. Nothing is cloned or pushed.
 * Throws `clanker.not-active`, `clanker.secrets-missing`, or `ticket.job-unfinished` while another one is at work.
 */
export async function startSelfTest(context: Context, order: Order): Promise<Job> {
  const [[serving], files, secrets, [project]] = await context.db.batch([
    servingQuery(context, order.clanker),
    servingFiles(context, order.clanker),
    secretsQuery(context, servingSecrets(order.clanker)),
    projectQuery(context, order.projectId ?? sql`NULL`),
  ])
  if (!serving) throw notFound("clanker")
  const clanker = toServing(serving)
  if (!clanker.acceptsJobs) throw notActive(clanker)
  checkProject(context, order, project)
  const id = context.newId("job")
  const spec = specOf({ order, clanker, files, secrets: usable(clanker, secrets, project?.id ?? null), project: project ?? null })
  const begun: SelfTest = { ...NOTHING_YET, jobId: id, revision: clanker.revision, startedAt: iso(context.now()) }
  const beside = { onlyIf: takesJobs(clanker.id), others: [selfTestStarted(context, clanker.id, begun)] }
  const job = await startJob(context, { id, spec, exclusive: `self-test:${clanker.id}` }, beside)
  if (job) return job
  // Deactivated or deleted since it was looked at.
  throw notActive({ ...clanker, status: "inactive", statusMessage: null })
}

const NOTHING_YET = { status: "running", endedAt: null, seconds: null, agentVersion: null, answer: null, failure: null } as const

function checkProject({ reach }: Context, { projectId }: Order, project: ProjectRecord | undefined): void {
  if (projectId === null) return
  if (project?.id !== projectId || reach.hidden.includes(projectId)) throw invalid("projectId", "names no project")
  reach.check(projectId, "project")
  refuseArchived(project)
}

/** A project's secret is for its own jobs alone: without the project the agent would lack it, and the test say the wrong thing. */
function usable({ agent, secretIds }: ServingClanker, found: readonly SecretRecord[], projectId: string | null): SecretRecord[] {
  const ticked = secretIds.flatMap((id) => found.find((secret) => secret.id === id) ?? [])
  const here = ticked.filter((secret) => isUsableIn(secret, projectId))
  const namesOf = (secrets: readonly SecretRecord[]) => secrets.map(({ name }) => name)
  const missing = missingSecretGroups(agent, namesOf(here))
  if (missing.length === 0) return here
  const words = missing.map((group) => group.join(" or ")).join(", and ")
  const elsewhere = missingSecretGroups(agent, namesOf(ticked)).length === 0
  const way = elsewhere
    ? "what is ticked belongs to a project, so name that project with the test."
    : "store it and tick it on the clanker."
  const projectIds = [...new Set(ticked.flatMap((secret) => secret.projectId ?? []))]
  throw new AppError("clanker.secrets-missing", `${AGENTS[agent].name} needs ${words}: ${way}`, { missing, projectIds })
}

interface SpecFacts {
  order: Order
  clanker: ServingClanker
  files: readonly ConfigFile[]
  secrets: readonly SecretRecord[]
  project: ProjectRecord | null
}

function specOf({ order: { user, retryOf = null }, clanker, files, secrets, project }: SpecFacts): FullSpec {
  const { id, name, slug, revision, maxConcurrency, agent, agentSettings, deploymentConfig, facts } = clanker
  const { model, baseUrl, extraArgs = [] } = agentSettings
  const computeMs = STRATEGIES[deploymentConfig.computeType].maxExecutionMs(deploymentConfig)
  return {
    kind: "self-test",
    revisionOf: null,
    subject: { type: "self-test", clankerId: id },
    projectId: project?.id ?? null,
    requestedBy: user.id,
    priority: 0,
    retryOf,
    clanker: { id, name, slug, revision, maxConcurrency },
    compute: { type: deploymentConfig.computeType, facts },
    agent: { slug: agent, model, baseUrl, extraArgs },
    secrets: jobSecrets(secrets, null),
    project: { name: project?.name ?? name, slug: project?.slug ?? slug, settings: {} },
    task: { title: `Self-test of ${name}`, requestedBy: user.name },
    // The worker makes an empty repository of its own; nobody ever asks this address, which the standard keeps free.
    repository: { url: "https://self-test.invalid/none", baseBranch: "main", branch: "self-test", pullRequest: null },
    scm: { provider: "github" },
    limits: { maxExecutionMs: Math.min(SELF_TEST_LIMIT_MS, computeMs ?? SELF_TEST_LIMIT_MS) },
    resume: null,
    texts: { prompt: PROMPT, instructions: "", files: [...files] },
    wishes: {},
  }
}

const PROMPT = `Phase: self-test

This is a test of your own configuration, in an empty repository. Use no tool and change no file.
Answer with one short sentence that says which model you are and that you are ready.
`

/** What a clanker shows of a self-test that has ended. `outcome` is the worker's final word as JSON text. */
export function selfTestOf(job: Job, outcome: string | null): SelfTest {
  const { id, status, failure, createdAt, startedAt, endedAt, agentVersion, clankerRevision } = job
  const said = outcome === null ? null : outcomeSchema.parse(JSON.parse(outcome))
  return {
    jobId: id,
    revision: clankerRevision,
    status: isTerminal(status) ? status : "running",
    startedAt: startedAt ?? createdAt,
    endedAt,
    seconds: startedAt && endedAt ? Math.round((Date.parse(endedAt) - Date.parse(startedAt)) / 1000) : null,
    agentVersion,
    answer: said?.summary?.slice(0, SELF_TEST_ANSWER_LIMIT) ?? null,
    failure: failure && { kind: failure.kind, message: failure.message, advice: failure.advice },
  }
}
const outcomeSchema = z.object({ summary: z.string().optional() })
