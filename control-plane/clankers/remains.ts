import { remainsInAws, textFact } from "#contract/remains.ts"
import type { DeploymentFacts } from "../compute/strategy.ts"

const WORDS = { function: "Lambda function", "task definition": "task definition" } as const

/** What a deployment made in AWS, as sentences about what stays. */
export const madeInAws = (facts: DeploymentFacts): string[] =>
  remainsInAws(facts).map(({ kind, id, parts }) => `The ${WORDS[kind]} ${id} with its ${parts} stays in AWS.`)

/** The image that the newest deployment looked for on a host. */
export function imageOnHost(facts: DeploymentFacts): string[] {
  const [image, host] = [textFact(facts, "image"), textFact(facts, "hostName", "hostId")]
  return image && host ? [`The image ${image} stays on the host ${host}.`] : []
}
