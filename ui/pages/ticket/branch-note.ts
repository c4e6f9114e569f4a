// PURE: which branch a run of execution will use, before anybody starts it.
import type { Project } from "#contract/projects.ts"
import type { Ticket } from "#contract/tickets.ts"

export function branchNote({ branch, branchOver, pullRequest }: Ticket, project: Project | undefined): string {
  const from = project ? ` from ${project.baseBranch}` : ""
  if (branch === null) {
    const named = project ? `, named ${project.branchNameTemplate},` : ""
    return `It makes a branch${from}${named} and opens a pull request.`
  }
  if (branchOver && pullRequest)
    return `Pull request #${pullRequest.number} is ${pullRequest.state}: it makes a new branch${from}, numbered after ${branch}, and opens a pull request of its own.`
  if (pullRequest?.state === "open") return `It goes on with the branch ${branch} and pull request #${pullRequest.number}.`
  return `It goes on with the branch ${branch} and opens a pull request.`
}
