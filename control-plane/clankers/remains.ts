import type { DeploymentFacts } from "../compute/strategy.ts"

/** What a deployment made in AWS, as sentences about what stays. Read off the names that the strategies give their facts. */
export function madeInAws(facts: DeploymentFacts): string[] {
  const lambda = textOf(facts, "functionArn", "functionName")
  const task = textOf(facts, "taskFamily", "family", "taskDefinitionArn")
  return [
    ...(lambda ? [`The Lambda function ${lambda} with its versions stays in AWS.`] : []),
    ...(task ? [`The task definition ${task} with its revisions stays in AWS.`] : []),
  ]
}

/** The image that the newest deployment looked for on a host. */
export function imageOnHost(facts: DeploymentFacts): string[] {
  const [image, host] = [textOf(facts, "image"), textOf(facts, "hostName", "hostId")]
  return image && host ? [`The image ${image} stays on the host ${host}.`] : []
}

const textOf = (facts: DeploymentFacts, ...names: string[]): string | undefined =>
  names
    .map((name) => facts[name])
    .find((value) => typeof value === "string" && value !== "")
    ?.toString()
