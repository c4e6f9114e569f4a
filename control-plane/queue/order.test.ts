import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { blockedBy, type Caps, grants, type Held, placeOf, type Waiting } from "./order.ts"

const PROJECTS = ["a", "b", "c"]
const CLANKERS = ["x", "y"]
const HOSTS = ["h", "i"]
const caps = fc
  .dictionary(
    fc.constantFrom(
      "pause",
      "installation",
      "project",
      ...PROJECTS.map((id) => `project:${id}`),
      "clanker:x",
      "clanker:y",
      "host:h",
      "host:i",
    ),
    fc.nat(4),
  )
  .map((limits): Caps => new Map(Object.entries(limits).map(([key, limit]) => [key, { limit, reason: null }])))
const keys = fc
  .record({ project: fc.constantFrom(...PROJECTS), clanker: fc.constantFrom(...CLANKERS), host: fc.option(fc.constantFrom(...HOSTS)) })
  .map(({ project, clanker, host }) => ({
    projectId: project,
    keys: ["pause", "installation", `project:${project}`, `clanker:${clanker}`, ...(host === null ? [] : [`host:${host}`])],
  }))
const held: fc.Arbitrary<Held[]> = fc.array(keys, { maxLength: 8 })
const waiting: fc.Arbitrary<Waiting[]> = fc
  .array(fc.tuple(keys, fc.nat(2), fc.nat(5)), { maxLength: 20 })
  .map((jobs) => jobs.map(([job, priority, at], index) => ({ ...job, jobId: `job_${index}`, priority, at })))

const count = <T>(of: readonly T[], key: (one: T) => string | readonly string[]) => {
  const counts = new Map<string, number>()
  for (const one of of) for (const name of [key(one)].flat()) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
/** The cap that a key stands under, looked up in another way than the code does. */
const limitOf = (all: Caps, key: string) => (all.has(key) ? all.get(key) : all.get(key.replace(/:.*/, "")))?.limit ?? Infinity

describe("whoever waits, whoever runs, whatever the caps", () => {
  it("no cap is exceeded by a grant, and whoever could still go has gone", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(waiting, held, caps, (jobs, running, all) => {
        const granted = grants(jobs, running, all)
        const before = count(running, (job) => job.keys)
        const after = count([...running, ...granted], (job) => job.keys)
        for (const [key, used] of after) if (used > (before.get(key) ?? 0)) expect(used).toBeLessThanOrEqual(limitOf(all, key))
        for (const job of jobs.filter((one) => !granted.includes(one)))
          expect(job.keys.some((key) => (after.get(key) ?? 0) >= limitOf(all, key))).toBe(true)
        expect(new Set(granted).size).toBe(granted.length)
      }),
      { numRuns: 5000 },
    )
  })

  it(
    "each grant is the right one of those that could go: priority, then the project with the fewest running, then age",
    { timeout: 60_000 },
    () => {
      fc.assert(
        fc.property(waiting, held, caps, (jobs, running, all) => {
          const now = [...running]
          const left = new Set(jobs)
          for (const next of grants(jobs, running, all)) {
            const used = count(now, (job) => job.keys)
            const perProject = count(now, (job) => job.projectId)
            const rank = (job: Waiting) => [-job.priority, perProject.get(job.projectId) ?? 0, job.at]
            for (const other of left)
              if (other.keys.every((key) => (used.get(key) ?? 0) < limitOf(all, key)))
                expect(compare(rank(next), rank(other))).toBeLessThanOrEqual(0)
            left.delete(next)
            now.push(next)
          }
        }),
        { numRuns: 5000 },
      )
    },
  )

  it("a job's place is its turn when no cap stands in the way", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(waiting, held, (jobs, running) => {
        const order = grants(jobs, running, new Map())
        expect(jobs.map((job) => placeOf(job, jobs, running))).toEqual(jobs.map((job) => order.indexOf(job) + 1))
      }),
      { numRuns: 2000 },
    )
  })
})

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

const job = (jobId: string, projectId: string, at: number): Waiting => ({
  ...{ jobId, projectId, at },
  priority: 0,
  keys: ["installation", `project:${projectId}`],
})

describe("over time", () => {
  it("500 jobs of ten projects on 20 slots all run, never more than 20 at once, never more than 5 of a project", () => {
    const limits: Caps = new Map([
      ["installation", { limit: 20, reason: null }],
      ["project", { limit: 5, reason: null }],
    ])
    let line = Array.from({ length: 500 }, (_, index) => job(`job_${index}`, `prj_${index % 17 > 9 ? 0 : index % 10}`, index))
    let running: (Waiting & { until: number })[] = []
    const done: string[] = []
    for (let tick = 0; done.length < 500; tick++) {
      expect(tick).toBeLessThan(500)
      done.push(...running.filter(({ until }) => until <= tick).map(({ jobId }) => jobId))
      running = running.filter(({ until }) => until > tick)
      const granted = grants(line, running, limits)
      running.push(...granted.map((one) => ({ ...one, until: tick + 1 + (one.at % 7) })))
      line = line.filter((one) => !granted.includes(one))
      expect(running.length).toBeLessThanOrEqual(20)
      for (const [, used] of count(running, ({ projectId }) => projectId)) expect(used).toBeLessThanOrEqual(5)
    }
    expect(new Set(done).size).toBe(500)
  })

  it("a busy project's job is not overtaken for ever by projects that have nothing running", () => {
    const limits: Caps = new Map([["installation", { limit: 2, reason: null }]])
    const RUN = 10
    let running = [{ ...job("busy_0", "busy", -1), until: RUN }]
    let line = [job("busy_1", "busy", 0)]
    for (let tick = 1; line.some(({ jobId }) => jobId === "busy_1"); tick++) {
      // A new project every moment: none of them has anything running.
      line.push(job(`new_${tick}`, `new_${tick}`, tick))
      running = running.filter(({ until }) => until > tick)
      const granted = grants(line, running, limits)
      running.push(...granted.map((one) => ({ ...one, until: tick + RUN })))
      line = line.filter((one) => !granted.includes(one))
      // When its project's other job has ended, its age decides.
      expect(tick).toBeLessThanOrEqual(2 * RUN)
    }
  })
})

describe("a cap", () => {
  const one = job("job_1", "a", 0)
  it.each([
    ["none", [], 9, null],
    ["of every project", [["project", 1]], 1, "project:a"],
    [
      "of this project, above that of every project",
      [
        ["project", 1],
        ["project:a", 2],
      ],
      1,
      null,
    ],
    [
      "of this project, below that of every project",
      [
        ["project", 5],
        ["project:a", 1],
      ],
      1,
      "project:a",
    ],
    ["of another project", [["project:b", 0]], 1, null],
    ["of the installation", [["installation", 1]], 1, "installation"],
  ] as const)("%s", (_name, limits, used, expected) => {
    const all: Caps = new Map(limits.map(([key, limit]) => [key, { limit, reason: null }]))
    expect(
      blockedBy(
        one,
        new Map([
          ["project:a", used],
          ["installation", used],
        ]),
        all,
      ),
    ).toBe(expected)
  })
})
