// Policies are JSON files with {{placeholders}}: what people read and tests check is what AWS gets.
import { readFileSync } from "node:fs"
import { all, type Input, type Output, RunError } from "@pulumi/pulumi"

/** The file's text with each placeholder filled. One without a value, or a value that is not used, is a mistake. */
export function fillPolicy(text: string, values: Record<string, string>): string {
  const used = new Set<string>()
  const filled = text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new RunError(`A policy has the placeholder {{${name}}}, and nothing fills it.`)
    if (/["\\{}]/.test(value)) throw new RunError(`{{${name}}} would be filled with ${JSON.stringify(value)}.`)
    used.add(name)
    return value
  })
  const unused = Object.keys(values).filter((name) => !used.has(name))
  if (unused.length > 0) throw new RunError(`A policy has no placeholder ${unused.map((name) => `{{${name}}}`).join(", ")}.`)
  // Without its spaces: AWS counts them against a policy's size.
  return JSON.stringify(JSON.parse(filled))
}

/** `policy(new URL("./policies/worker.json", import.meta.url), { account, environment })` */
export function policy(file: URL, values: Record<string, Input<string>>): Output<string> {
  const text = readFileSync(file, "utf8")
  return all(values).apply((known) => fillPolicy(text, known))
}
