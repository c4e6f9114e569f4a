import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ROOT } from "./build.ts"

interface Statement {
  Sid?: string
  Effect: string
  Action: string | string[]
  Resource: string | string[]
  Condition?: Record<string, Record<string, unknown>>
}
const files = ["platform", "workers"].flatMap((stack) => {
  const folder = join(ROOT, "infra", stack, "policies")
  // Who may take a role, and what a thing itself allows, are in trust.test.ts.
  const own = readdirSync(folder).filter((name) => !/-(trust|resource)\.json$/.test(name))
  return own.map((name) => join(folder, name))
})
const statementsOf = (file: string): Statement[] => JSON.parse(readFileSync(file, "utf8")).Statement
const all = files.flatMap((file) => statementsOf(file).map((statement) => ({ file: file.slice(ROOT.length), ...statement })))
const list = (value: string | string[]) => (Array.isArray(value) ? value : [value])

/** AWS takes no resource for these, as its service authorization reference has them; ListTasks is limited by its cluster. */
const WITHOUT_RESOURCE =
  /^(ec2:(Describe\w+|(Create|Delete)NetworkInterface|(Una|A)ssignPrivateIpAddresses)|ecs:(DescribeTaskDefinition|RegisterTaskDefinition|ListTasks)|ecr:GetAuthorizationToken)$/

describe("the policies of infra/", () => {
  it("allow named actions and say what for", () => {
    expect(all.length).toBeGreaterThan(15)
    for (const { Sid, Effect, Action } of all) {
      expect(Sid).toMatch(/^[A-Z][A-Za-z]+$/)
      expect(Effect).toBe("Allow")
      for (const action of list(Action)) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/)
      expect(list(Action)).toEqual(list(Action).toSorted())
    }
  })

  it("name the resources where AWS takes any, in this account", () => {
    for (const { Action, Resource } of all)
      for (const resource of list(Resource)) {
        if (resource === "*") expect(list(Action).filter((action) => !WITHOUT_RESOURCE.test(action))).toEqual([])
        else
          expect(resource).toMatch(
            /^arn:aws:[a-z]+:\*:\{\{account\}\}:.|^\{\{(execution|task|lambda)Role\}\}$|^arn:aws:s3:::\{\{bucket\}\}\/\*$/,
          )
      }
  })

  it("hand each role to the one service that works with it, and tag only what is being made", () => {
    const by = (action: string) => all.filter(({ Action }) => list(Action).includes(action))
    expect(by("iam:PassRole").map(({ Resource, Condition }) => ({ Resource, Condition }))).toEqual([
      {
        Resource: ["{{executionRole}}", "{{taskRole}}"],
        Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
      },
      { Resource: "{{lambdaRole}}", Condition: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } } },
    ])
    expect(by("ecs:TagResource").map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { "ecs:CreateAction": ["RegisterTaskDefinition", "RunTask"] } },
    ])
  })

  it("open secrets of one environment, with its key", () => {
    const secrets = all.filter(({ Action }) => list(Action).some((action) => action.startsWith("ssm:")))
    expect(secrets.length).toBe(3)
    for (const { file, Resource } of secrets)
      expect(Resource).toContain(`parameter/${file.endsWith("deploy.json") ? "viberglass" : "viberator/secrets"}/{{environment}}/*`)
    const keys = all.filter(({ Action }) => list(Action).some((action) => action.startsWith("kms:")))
    for (const { Condition } of keys)
      expect(Condition).toEqual({ "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/viberglass-{{environment}}-ssm" } })
  })
})
