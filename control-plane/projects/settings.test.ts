import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { workerSettingsSchema } from "#contract/projects.schema.ts"
import type { WorkerSettings } from "#contract/projects.ts"
import { mergeSettings, toWorkerSettings } from "./settings.ts"

const merged = (layers: Partial<Parameters<typeof mergeSettings>[0]>) => mergeSettings({ project: {}, strategyMaxMs: null, ...layers })

describe("the time limit", () => {
  it.each([
    [
      { run: { maxExecutionTime: 100 }, project: { maxExecutionTime: 200 }, clanker: { maxExecutionTime: 300 } },
      { value: 100, source: "run" },
    ],
    [
      { project: { maxExecutionTime: 200 }, clanker: { maxExecutionTime: 300 } },
      { value: 200, source: "project" },
    ],
    [{ clanker: { maxExecutionTime: 300 } }, { value: 300, source: "clanker" }],
    [{ clanker: { maxExecutionTime: null } }, { value: 2700, source: "default" }],
    [{ strategyMaxMs: 840_000 }, { value: 840, source: "strategy" }],
    [
      { run: { maxExecutionTime: 840 }, strategyMaxMs: 840_000 },
      { value: 840, source: "run" },
    ],
  ])("of %j is %j", (layers, setting) => {
    expect(merged(layers).maxExecutionTime).toEqual(setting)
  })
})

describe("merging", () => {
  it("goes field by field, also inside pullRequest", () => {
    const settings = merged({ project: { testCommand: "npm test", requirePassingTests: false, pullRequest: { labels: ["bot"] } } })
    expect(settings.testCommand).toEqual({ value: "npm test", source: "project" })
    expect(settings.requirePassingTests).toEqual({ value: false, source: "project" })
    expect(settings["pullRequest.labels"]).toEqual({ value: ["bot"], source: "project" })
    expect(settings["pullRequest.draft"]).toEqual({ value: false, source: "default" })
    expect(settings.maxChanges).toEqual({ value: null, source: "default" })
  })

  it("protects the forge's workflows unless the project lists other paths, even none", () => {
    expect(merged({}).protectedPaths).toEqual({ value: [".github/workflows/**"], source: "default" })
    expect(merged({ project: { protectedPaths: [] } }).protectedPaths).toEqual({ value: [], source: "project" })
  })

  it("gives a job everything the project said, in the contract's shape", () => {
    const some = <T>(arbitrary: fc.Arbitrary<T>) => arbitrary
    const settings = fc.record(
      {
        maxExecutionTime: some(fc.integer({ min: 60, max: 604_800 })),
        maxChanges: fc.integer({ min: 1, max: 9 }),
        testCommand: fc.string(),
        lfs: fc.boolean(),
        budgetUsd: fc.integer({ min: 1, max: 9 }),
        protectedPaths: fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(settings, (project: WorkerSettings) => {
        const carried = toWorkerSettings(merged({ project }))
        expect(carried).toMatchObject(project)
        expect(workerSettingsSchema.safeParse(carried).success).toBe(true)
      }),
    )
  })
})
