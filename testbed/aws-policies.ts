// The policies of infra/, filled in as the stacks fill them in, for AWS's stand-in and those who test against it.
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

export const ACCOUNT = "123456789012"
export const ENVIRONMENT = "local"
export const CLUSTER = `viberglass-${ENVIRONMENT}-worker`
export const KEY_ALIAS = `alias/viberglass-${ENVIRONMENT}-ssm`
const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/viberglass-${ENVIRONMENT}-${name}`
export const ROLES = {
  control: roleArn("control-plane"),
  execution: roleArn("execution"),
  task: roleArn("task"),
  lambda: roleArn("lambda"),
}

export type PolicyFile =
  | "platform/policies/control-plane.json"
  | "platform/policies/control-plane-trust.json"
  | "workers/policies/worker.json"
  | "workers/policies/execution.json"
  | "workers/policies/lambda-logs.json"
  | "workers/policies/lambda-vpc.json"

export interface Statement {
  Sid: string
  Effect: "Allow" | "Deny"
  Action: string | string[]
  Resource?: string | string[]
  Principal?: object
  Condition?: Record<string, Record<string, string | string[]>>
}
export interface Policy {
  Version: string
  Statement: Statement[]
}

const FILLED: Record<string, string> = {
  ...{ account: ACCOUNT, environment: ENVIRONMENT, cluster: CLUSTER },
  ...{ executionRole: ROLES.execution, taskRole: ROLES.task, lambdaRole: ROLES.lambda },
}

/** One document of infra/ with nothing left to fill in; `over` are other values than this installation's. */
export function policy(file: PolicyFile, over: Record<string, string> = {}): Policy {
  const text = readFileSync(fileURLToPath(new URL(`../infra/${file}`, import.meta.url)), "utf8")
  const values = { ...FILLED, ...over }
  return JSON.parse(
    text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`${file}: nothing is known of {{${name}}}`)
      return value
    }),
  )
}

const listed = (value: string | string[]): string[] => (Array.isArray(value) ? value : [value])
export const actionsOf = ({ Statement }: Policy): string[] => [...new Set(Statement.flatMap(({ Action }) => listed(Action)))]

/** A policy with one action taken out, wherever it stands. */
export function withoutAction(whole: Policy, action?: string): Policy {
  const Statement = whole.Statement.map((statement) => ({
    ...statement,
    Action: listed(statement.Action).filter((named) => named !== action),
  })).filter(({ Action }) => Action.length > 0)
  return { ...whole, Statement }
}

/** What the control plane may do, or that without one action. */
export const controlPlanePolicy = (without?: string, over?: Record<string, string>): Policy =>
  withoutAction(policy("platform/policies/control-plane.json", over), without)
export const controlPlaneActions = (): string[] => actionsOf(controlPlanePolicy())

/** Everything named, on everything: for who is no subject of a test. */
export const allowing = (actions: string[]): object => ({
  Version: "2012-10-17",
  Statement: [{ Sid: "Anything", Effect: "Allow", Action: actions, Resource: "*" }],
})

/** Who may take on the control plane's role. `issuer` is its address. */
export const trustOf = (issuer: string, environment = ENVIRONMENT): Policy =>
  policy("platform/policies/control-plane-trust.json", { environment, issuer: new URL(issuer).host })
