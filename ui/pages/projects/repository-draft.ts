import { DEFAULT_BRANCH_TEMPLATE, type Project } from "#contract/projects.ts"
import type { ProjectWrite } from "../../api/projects.ts"

/** What stands in the repository's fields. An empty pull request field means "the same". */
export interface RepositoryDraft {
  name: string
  repositoryUrl: string
  baseBranch: string
  pullRequestRepository: string
  pullRequestBaseBranch: string
  branchNameTemplate: string
}

export const emptyRepository = (): RepositoryDraft => ({
  name: "",
  repositoryUrl: "",
  baseBranch: "main",
  pullRequestRepository: "",
  pullRequestBaseBranch: "",
  branchNameTemplate: DEFAULT_BRANCH_TEMPLATE,
})

export const repositoryOf = (project: Project): RepositoryDraft => ({
  name: project.name,
  repositoryUrl: project.repositoryUrl,
  baseBranch: project.baseBranch,
  pullRequestRepository: project.pullRequestRepository ?? "",
  pullRequestBaseBranch: project.pullRequestBaseBranch ?? "",
  branchNameTemplate: project.branchNameTemplate,
})

export const repositoryRequest = (draft: RepositoryDraft) =>
  ({
    name: draft.name.trim(),
    repositoryUrl: draft.repositoryUrl.trim(),
    baseBranch: draft.baseBranch.trim(),
    pullRequestRepository: draft.pullRequestRepository.trim() || null,
    pullRequestBaseBranch: draft.pullRequestBaseBranch.trim() || null,
    branchNameTemplate: draft.branchNameTemplate.trim() || DEFAULT_BRANCH_TEMPLATE,
  }) satisfies Partial<ProjectWrite>

export const REPOSITORY_FIELDS: readonly string[] = Object.keys(emptyRepository())

export function whyNotRepository({ name, repositoryUrl, baseBranch }: RepositoryDraft): string | null {
  if (name.trim() === "") return "Give the project a name."
  if (repositoryUrl.trim() === "") return "Enter the repository’s URL."
  return baseBranch.trim() === "" ? "Enter the base branch." : null
}
