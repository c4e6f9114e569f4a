// PURE: what a deployment made in AWS, read off the names that the strategies give their facts. Nothing of ours removes it.

export interface Remains {
  kind: "function" | "task definition"
  /** As people call it. */
  name: string
  /** Its ARN where it is known, else the name. */
  id: string
  /** What of it stays along. */
  parts: "versions" | "revisions"
}

/** Empty where nothing was made there. */
export function remainsInAws(facts: Readonly<Record<string, unknown>>): Remains[] {
  const [name, arn] = [textFact(facts, "functionName"), textFact(facts, "functionArn")]
  const task = textFact(facts, "taskFamily", "family", "taskDefinitionArn")
  return [
    ...(name || arn ? [{ kind: "function" as const, name: name || arn, id: arn || name, parts: "versions" as const }] : []),
    ...(task ? [{ kind: "task definition" as const, name: task, id: task, parts: "revisions" as const }] : []),
  ]
}

/** The first of these facts that is a text; "" where none is. */
export function textFact(facts: Readonly<Record<string, unknown>>, ...names: string[]): string {
  for (const name of names) {
    const value = facts[name]
    if (typeof value === "string" && value !== "") return value
  }
  return ""
}
