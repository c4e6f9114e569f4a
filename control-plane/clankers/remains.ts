import type { DeploymentFacts } from "../compute/strategy.ts"

/** What a deployment made or used outside, and a deletion leaves there: sentences. Read off the names that the strategies give their facts. */
export function remainsOf(facts: DeploymentFacts): string[] {
  const named = (...names: string[]) => names.map((name) => facts[name]).find((value) => typeof value === "string" && value !== "")
  const lambda = named("functionArn", "functionName")
  const task = named("taskFamily", "family", "taskDefinitionArn")
  const image = named("hostId") === undefined ? undefined : named("image")
  return [
    ...(lambda ? [`The Lambda function ${lambda} with its versions stays in AWS.`] : []),
    ...(task ? [`The task definition ${task} with its revisions stays in AWS.`] : []),
    ...(image ? [`The image ${image} stays on the host ${named("hostName", "hostId")}.`] : []),
  ]
}
