import type { WorkerSettings } from "#contract/projects.ts"
import { toLines, toList, toNumber } from "../../parts/lists.ts"

/** What stands in the worker's fields; what is empty or not ticked is left to the defaults. */
export interface WorkerDraft {
  maxExecutionTime: string
  maxChanges: string
  budgetUsd: string
  monthlyBudgetUsd: string
  monthlyBudgetTokens: string
  setupCommand: string
  testCommand: string
  requirePassingTests: boolean
  protectedPaths: string
  allowProtectedPaths: boolean
  submodules: boolean
  lfs: boolean
  blobless: boolean
  draft: boolean
  labels: string
  reviewers: string
}

export const workerOf = (settings: WorkerSettings): WorkerDraft => ({
  maxExecutionTime: String(settings.maxExecutionTime ?? ""),
  maxChanges: String(settings.maxChanges ?? ""),
  budgetUsd: String(settings.budgetUsd ?? ""),
  monthlyBudgetUsd: String(settings.monthlyBudgetUsd ?? ""),
  monthlyBudgetTokens: String(settings.monthlyBudgetTokens ?? ""),
  setupCommand: settings.setupCommand ?? "",
  testCommand: settings.testCommand ?? "",
  requirePassingTests: settings.requirePassingTests ?? false,
  protectedPaths: toLines(settings.protectedPaths),
  allowProtectedPaths: settings.allowProtectedPaths ?? false,
  submodules: settings.submodules ?? false,
  lfs: settings.lfs ?? false,
  blobless: settings.blobless ?? false,
  draft: settings.pullRequest?.draft ?? false,
  labels: (settings.pullRequest?.labels ?? []).join(", "),
  reviewers: (settings.pullRequest?.reviewers ?? []).join(", "),
})

export function workerRequest(draft: WorkerDraft): Record<string, unknown> {
  const pullRequest = given({ draft: draft.draft, labels: toList(draft.labels), reviewers: toList(draft.reviewers) })
  return given({
    maxExecutionTime: toNumber(draft.maxExecutionTime),
    maxChanges: toNumber(draft.maxChanges),
    budgetUsd: toNumber(draft.budgetUsd),
    monthlyBudgetUsd: toNumber(draft.monthlyBudgetUsd),
    monthlyBudgetTokens: toNumber(draft.monthlyBudgetTokens),
    setupCommand: draft.setupCommand.trim(),
    testCommand: draft.testCommand.trim(),
    requirePassingTests: draft.requirePassingTests,
    protectedPaths: toList(draft.protectedPaths),
    allowProtectedPaths: draft.allowProtectedPaths,
    submodules: draft.submodules,
    lfs: draft.lfs,
    blobless: draft.blobless,
    pullRequest: Object.keys(pullRequest).length > 0 ? pullRequest : undefined,
  })
}

export const WORKER_FIELDS: readonly string[] = [
  ...[
    "maxExecutionTime",
    "maxChanges",
    "budgetUsd",
    "monthlyBudgetUsd",
    "monthlyBudgetTokens",
    "setupCommand",
    "testCommand",
    "protectedPaths",
  ],
  ...["pullRequest.labels", "pullRequest.reviewers"],
].map((name) => `workerSettings.${name}`)

/** Without what is empty: an absent field falls back to the clanker or the default, an empty one would not. */
const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && value !== "" && value !== false && !(Array.isArray(value) && value.length === 0),
    ),
  )
