// PURE: the settings of a job, field by field, each with where it comes from.
import { DEFAULT_MAX_EXECUTION_SECONDS, DEFAULT_PROTECTED_PATHS, type WorkerSettings } from "#contract/projects.ts"

export type Source = "run" | "project" | "clanker" | "default" | "strategy"
export interface Setting<T> {
  value: T
  source: Source
}

export interface SettingLayers {
  run?: { maxExecutionTime?: number | undefined }
  project: WorkerSettings
  clanker?: { maxExecutionTime: number | null } | null
  /** Longest run that the clanker's compute allows, milliseconds; null without a limit. */
  strategyMaxMs: number | null
}

type Plain = Omit<WorkerSettings, "pullRequest">
type PullRequest = NonNullable<WorkerSettings["pullRequest"]>

export interface MergedSettings {
  maxExecutionTime: Setting<number>
  maxChanges: Setting<number | null>
  testCommand: Setting<string | null>
  requirePassingTests: Setting<boolean>
  setupCommand: Setting<string | null>
  protectedPaths: Setting<string[]>
  allowProtectedPaths: Setting<boolean>
  submodules: Setting<boolean>
  lfs: Setting<boolean>
  blobless: Setting<boolean>
  budgetUsd: Setting<number | null>
  "pullRequest.draft": Setting<boolean>
  "pullRequest.labels": Setting<string[]>
  "pullRequest.reviewers": Setting<string[]>
}

/** run > project > clanker > default; the time limit is capped by the strategy after that. */
export function mergeSettings({ run = {}, project, clanker = null, strategyMaxMs }: SettingLayers): MergedSettings {
  const layers: [Source, Plain][] = [
    ["run", run],
    ["project", project],
    ["clanker", { maxExecutionTime: clanker?.maxExecutionTime ?? undefined }],
  ]
  const field = <K extends keyof Plain, D>(name: K, fallback: D) =>
    pick(
      layers.map(([source, layer]) => ({ source, value: layer[name] })),
      fallback,
    )
  const ofPullRequest = <K extends keyof PullRequest, D>(name: K, fallback: D) =>
    pick([{ source: "project", value: project.pullRequest?.[name] }], fallback)
  return {
    maxExecutionTime: capped(field("maxExecutionTime", DEFAULT_MAX_EXECUTION_SECONDS), strategyMaxMs),
    maxChanges: field("maxChanges", null),
    testCommand: field("testCommand", null),
    requirePassingTests: field("requirePassingTests", false),
    setupCommand: field("setupCommand", null),
    protectedPaths: field("protectedPaths", [...DEFAULT_PROTECTED_PATHS]),
    allowProtectedPaths: field("allowProtectedPaths", false),
    submodules: field("submodules", false),
    lfs: field("lfs", false),
    blobless: field("blobless", false),
    budgetUsd: field("budgetUsd", null),
    "pullRequest.draft": ofPullRequest("draft", false),
    "pullRequest.labels": ofPullRequest("labels", []),
    "pullRequest.reviewers": ofPullRequest("reviewers", []),
  }
}

/** The merged values in the shape that a job carries; what nobody set and has no default is left out. */
export function toWorkerSettings(merged: MergedSettings): WorkerSettings {
  const { maxChanges, testCommand, setupCommand, budgetUsd } = merged
  return {
    maxExecutionTime: merged.maxExecutionTime.value,
    requirePassingTests: merged.requirePassingTests.value,
    protectedPaths: merged.protectedPaths.value,
    allowProtectedPaths: merged.allowProtectedPaths.value,
    submodules: merged.submodules.value,
    lfs: merged.lfs.value,
    blobless: merged.blobless.value,
    ...(maxChanges.value === null ? {} : { maxChanges: maxChanges.value }),
    ...(testCommand.value === null ? {} : { testCommand: testCommand.value }),
    ...(setupCommand.value === null ? {} : { setupCommand: setupCommand.value }),
    ...(budgetUsd.value === null ? {} : { budgetUsd: budgetUsd.value }),
    pullRequest: {
      draft: merged["pullRequest.draft"].value,
      labels: merged["pullRequest.labels"].value,
      reviewers: merged["pullRequest.reviewers"].value,
    },
  }
}

function pick<T, D>(candidates: readonly Setting<T>[], fallback: D): Setting<NonNullable<T> | D> {
  for (const { source, value } of candidates) if (value !== undefined && value !== null) return { value, source }
  return { value: fallback, source: "default" }
}

function capped(setting: Setting<number>, maxMs: number | null): Setting<number> {
  return maxMs === null || setting.value * 1000 <= maxMs ? setting : { value: Math.floor(maxMs / 1000), source: "strategy" }
}
