import { Role, RolePolicy } from "@pulumi/aws/iam/index.js"
import type { Input } from "@pulumi/pulumi"
import { policy } from "../policy.ts"
import { namedBy } from "../tags.ts"
import type { WorkersConfig } from "./config.ts"

export type Roles = ReturnType<typeof makeRoles>
type Policies = Record<string, Record<string, Input<string>>>

/** Of ECS itself, of a task, and of a function. Task and function may do the same: read and open this environment's secrets. */
export function makeRoles(config: WorkersConfig) {
  const { account, environment, region } = config
  const own = { account, environment }
  const trust = { task: { account, region }, lambda: {} }
  const role = (name: string, trusted: keyof typeof trust, policies: Policies) => {
    const made = new Role(name, {
      ...{ name: `viberglass-${environment}-${name}`, maxSessionDuration: 3600 },
      assumeRolePolicy: policy(new URL(`policies/${trusted}-trust.json`, import.meta.url), trust[trusted]),
      ...namedBy(config)(name),
    })
    for (const [file, values] of Object.entries(policies))
      new RolePolicy(`${name}-${file}`, {
        ...{ role: made.name, name: file },
        policy: policy(new URL(`policies/${file}.json`, import.meta.url), values),
      })
    return made
  }
  return {
    execution: role("execution", "task", { execution: own }),
    task: role("task", "task", { worker: own }),
    lambda: role("lambda", "lambda", { worker: own, "lambda-logs": own, "lambda-vpc": {} }),
  }
}
