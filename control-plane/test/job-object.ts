import { runInDurableObject } from "cloudflare:test"
import type { Doors, HostDoor } from "../compute/strategy.ts"
import type { ObjectClass } from "../config.ts"
import { newId, now } from "../context.ts"
import type { React } from "../jobs/effects.ts"
import { jobObject } from "../jobs/object.ts"
import type { FullSpec } from "../jobs/spec.ts"
import type { JobEvent, JobState, Transition } from "../jobs/state.ts"
import type { JobStub } from "../jobs/stub.ts"
import { env, rawJob } from "./harness.ts"

// The real object of a job with a world of the test's own at its doors: a host that hangs, a reaction that fails.

export const SPEC: FullSpec = {
  kind: "research",
  revisionOf: null,
  subject: { type: "self-test", clankerId: "clk_1" },
  projectId: "prj_1",
  requestedBy: "usr_1",
  priority: 0,
  retryOf: null,
  clanker: { id: "clk_1", name: "c", slug: "c", revision: 1, maxConcurrency: 1 },
  compute: { type: "docker", facts: { hostId: "hst_1", image: "worker" } },
  agent: { slug: "opencode", extraArgs: [] },
  secrets: [],
  project: { name: "p", slug: "p", settings: {} },
  task: {},
  repository: { url: "https://forge.test/a/b", baseBranch: "main", branch: "b", pullRequest: null },
  scm: { provider: "github" },
  limits: { maxExecutionMs: 45 * 60_000 },
  resume: null,
  texts: { prompt: "p", instructions: "", files: [] },
  wishes: {},
}

/** A job's row as the API writes it; its object has not accepted it yet. */
export async function insertJob(): Promise<{ id: string; object: DurableObjectStub }> {
  const id = newId("job")
  await env.DB.prepare(
    "INSERT INTO jobs (id, kind, project_id, clanker_id, exclusive, requested_by, spec, status, created_at, updated_at) VALUES (?, 'research', 'prj_1', 'clk_1', ?, 'usr_1', ?, 'queued', 0, 0)",
  )
    .bind(id, id, JSON.stringify(SPEC))
    .run()
  return { id, object: rawJob(id) }
}

export interface World {
  host: HostDoor
  react: React
}
/** What becomes of each thing that a job does outside; by default all goes well and nobody says anything more. */
export const world = (host: Partial<HostDoor> = {}, react: React = async () => undefined): World => ({
  host: {
    run: async () => "accepted",
    inspect: async () => ({ state: "unknown", reason: "nobody knows", oom: false }),
    stop: async () => undefined,
    image: async () => ({ state: "pending" }),
    ...host,
  },
  react,
})

export type JobUnderTest = InstanceType<ObjectClass<JobStub>> & { apply: (event: JobEvent) => Promise<Transition> }

/** A new instance on the object's storage for each call, as after an eviction. Its effects go on when `use` has answered. */
export function onJob<T>(
  object: DurableObjectStub,
  { host, react }: World,
  use: (job: JobUnderTest, storage: DurableObjectStorage) => Promise<T>,
): Promise<T> {
  const doors: Doors = { now, aws: null, host: () => host, connectedHosts: async () => [] }
  const Job = jobObject({ react, doors: () => doors })
  return runInDurableObject(object, async (_, state) => {
    const job = new Job(state, env)
    if (!isMachine(job)) throw new Error("this is not a job's object")
    return use(job, state.storage)
  })
}
const isMachine = (job: InstanceType<ObjectClass<JobStub>>): job is JobUnderTest => "apply" in job

export const stateOf = (storage: DurableObjectStorage): JobState =>
  JSON.parse(storage.sql.exec<{ state: string }>("SELECT state FROM job").one().state)
export const waitingEffects = (storage: DurableObjectStorage): string[] =>
  storage.sql
    .exec<{ kind: string }>("SELECT kind FROM outbox ORDER BY id")
    .toArray()
    .map(({ kind }) => kind)

export const claimed = (attempt = 1): JobEvent => ({
  type: "claimed",
  attempt,
  claimId: "claim-a",
  sessionHash: "a".repeat(64),
  compute: "process:1",
  failure: null,
})
