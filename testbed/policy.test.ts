// The decisions of aws/policy.py against what IAM's pages say of each, written by hand; and what our own documents come to.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { PYTHON } from "./aws.ts"
import { KEY_ALIAS, policy, type PolicyFile } from "./aws-policies.ts"

interface Case {
  documents: object[]
  action: string
  resource: string
  context?: Record<string, string | string[]>
}
const script = fileURLToPath(new URL("aws/policy.py", import.meta.url))
const hasPython = spawnSync(PYTHON, ["--version"]).status === 0

function decide(cases: Case[]): string[] {
  const { stdout, stderr, status } = spawnSync(PYTHON, [script], { input: JSON.stringify(cases), encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}
const RUN = { Action: "ecs:RunTask", Resource: "arn:aws:ecs:*:123456789012:task-definition/viberator-*" }
const TASK = "arn:aws:ecs:eu-central-1:123456789012:task-definition/viberator-a:3"
const given = (statement: object, action: string, resource: string, context: Case["context"] = {}): Case => ({
  ...{ documents: [{ Statement: [{ Effect: "Allow", ...statement }] }], action, resource, context },
})
const conditioned = (Condition: object, context: Case["context"]): Case => given({ ...RUN, Condition }, "ecs:RunTask", TASK, context)
const CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/workers"
const deny = (statement: object): Case => ({
  documents: [{ Statement: [{ Effect: "Deny", ...statement }] }, { Statement: { Effect: "Allow", Action: "*", Resource: "*" } }],
  ...{ action: "ecs:RunTask", resource: TASK },
})

const TABLE: [string, Case, string | RegExp][] = [
  ["what is named", given(RUN, "ecs:RunTask", TASK), "allowed"],
  ["an action in other letters", given({ ...RUN, Action: "ECS:runtask" }, "ecs:RunTask", TASK), "allowed"],
  ["an action by wildcard", given({ ...RUN, Action: "ecs:Run*" }, "ecs:RunTask", TASK), "allowed"],
  ["one character by wildcard", given({ ...RUN, Action: "ecs:RunTas?" }, "ecs:RunTask", TASK), "allowed"],
  ["another action", given(RUN, "ecs:StopTask", TASK), "silent"],
  ["the beginning of an action", given({ ...RUN, Action: "ecs:Run" }, "ecs:RunTask", TASK), "silent"],
  ["another family", given(RUN, "ecs:RunTask", TASK.replace("viberator", "other")), "silent"],
  ["a resource in other letters", given(RUN, "ecs:RunTask", TASK.replace("viberator", "Viberator")), "silent"],
  ["another account", given(RUN, "ecs:RunTask", TASK.replace("123456789012", "999999999999")), "silent"],
  [
    "a wildcard that would have to reach into the next part",
    given({ ...RUN, Resource: "arn:aws:ecs:*:task-definition/viberator-*" }, "ecs:RunTask", TASK),
    "silent",
  ],
  ["a dot that is no wildcard", given({ ...RUN, Resource: TASK.replace("-a", ".a") }, "ecs:RunTask", TASK), "silent"],
  ["everything", given({ Action: "*", Resource: "*" }, "ecs:RunTask", TASK), "allowed"],
  ["an action without a resource, on resources", given(RUN, "ecs:RunTask", "*"), "silent"],
  ["no document", { documents: [], action: "ecs:RunTask", resource: TASK }, "silent"],
  ["a denial beside a right", deny({ Action: "ecs:*", Resource: "*" }), "denied"],
  ["a denial of something else", deny({ Action: "ecs:*", Resource: CLUSTER }), "allowed"],
  ["a condition that holds", conditioned({ ArnEquals: { "ecs:cluster": CLUSTER } }, { "ecs:cluster": CLUSTER }), "allowed"],
  ["its key in other letters", conditioned({ ArnEquals: { "ECS:Cluster": CLUSTER } }, { "ecs:cluster": CLUSTER }), "allowed"],
  [
    "a condition's wildcard in an ARN",
    conditioned({ ArnEquals: { "ecs:cluster": CLUSTER.replace("eu-central-1", "*") } }, { "ecs:cluster": CLUSTER }),
    "allowed",
  ],
  ["a wildcard that StringEquals does not know", conditioned({ StringEquals: { k: "a*" } }, { k: "ab" }), "silent"],
  ["the same for StringLike", conditioned({ StringLike: { k: "a*" } }, { k: "ab" }), "allowed"],
  ["one of several values", conditioned({ StringEquals: { k: ["a", "b"] } }, { k: "b" }), "allowed"],
  ["a key that the request has not", conditioned({ StringEquals: { k: "a" } }, {}), "silent"],
  ["one of two keys", conditioned({ StringEquals: { k: "a", l: "b" } }, { k: "a" }), "silent"],
  ["one of two operators", conditioned({ StringEquals: { k: "a" }, StringLike: { l: "b" } }, { k: "a", l: "c" }), "silent"],
  ["any of a key's values", conditioned({ "ForAnyValue:StringEquals": { k: "a" } }, { k: ["b", "a"] }), "allowed"],
  ["none of a key's values", conditioned({ "ForAnyValue:StringEquals": { k: "a" } }, { k: ["b"] }), "silent"],
  ["no values at all, of which any", conditioned({ "ForAnyValue:StringEquals": { k: "a" } }, { k: [] }), "silent"],
  ["no values at all, of which all", conditioned({ "ForAllValues:StringEquals": { k: "a" } }, {}), "allowed"],
  ["not all of a key's values", conditioned({ "ForAllValues:StringEquals": { k: "a" } }, { k: ["a", "b"] }), "silent"],
  ["several values without ForAnyValue", conditioned({ StringEquals: { k: "a" } }, { k: ["a"] }), /needs ForAnyValue/],
  ["an operator that is not read", conditioned({ DateLessThan: { k: "a" } }, { k: "a" }), /operator DateLessThan/],
  ["IfExists", conditioned({ StringEqualsIfExists: { k: "a" } }, {}), /operator StringEqualsIfExists/],
  ["a variable", conditioned({ StringEquals: { k: "${aws:username}" } }, { k: "a" }), /variables/],
  ["a variable in a resource", given({ ...RUN, Resource: "arn:aws:s3:::${aws:username}" }, "ecs:RunTask", TASK), /variables/],
  ["NotAction", given({ NotAction: "s3:*", Resource: "*" }, "ecs:RunTask", TASK), /NotAction/],
]

const ecr = (name: string) => `arn:aws:ecr:eu-central-1:123456789012:repository/${name}`
const stream = (group: string) => `arn:aws:logs:eu-central-1:123456789012:log-group:${group}:log-stream:a`
const KEY = "arn:aws:kms:eu-central-1:123456789012:key/a"
const OURS: [PolicyFile, string, string, Case["context"], string][] = [
  ["workers/policies/execution.json", "ecr:GetAuthorizationToken", "*", {}, "allowed"],
  ["workers/policies/execution.json", "ecr:BatchGetImage", ecr("viberator-worker-multi-agent"), {}, "allowed"],
  ["workers/policies/execution.json", "ecr:BatchGetImage", ecr("somebody-else"), {}, "silent"],
  ["workers/policies/execution.json", "ecr:PutImage", ecr("viberator-worker-multi-agent"), {}, "silent"],
  ["workers/policies/execution.json", "logs:PutLogEvents", stream("/ecs/viberglass-local-worker"), {}, "allowed"],
  ["workers/policies/execution.json", "logs:PutLogEvents", stream("/ecs/viberglass-prod-worker"), {}, "silent"],
  ["workers/policies/lambda-logs.json", "logs:CreateLogStream", stream("/aws/lambda/viberglass-local-worker"), {}, "allowed"],
  ["workers/policies/lambda-logs.json", "logs:CreateLogStream", stream("/aws/lambda/other"), {}, "silent"],
  ["workers/policies/lambda-logs.json", "logs:FilterLogEvents", stream("/aws/lambda/viberglass-local-worker"), {}, "silent"],
  ["workers/policies/lambda-vpc.json", "ec2:CreateNetworkInterface", "*", {}, "allowed"],
  ["workers/policies/lambda-vpc.json", "ec2:RunInstances", "*", {}, "silent"],
  ["workers/policies/worker.json", "kms:Decrypt", KEY, { "kms:ResourceAliases": ["alias/more", KEY_ALIAS] }, "allowed"],
  ["workers/policies/worker.json", "kms:Decrypt", KEY, { "kms:ResourceAliases": ["alias/viberglass-prod-ssm"] }, "silent"],
]

describe("a policy is read as IAM reads it", () => {
  it.skipIf(!hasPython)("by a table of what it says", () => {
    const answers = decide(TABLE.map(([, one]) => one))
    for (const [index, [name, , expected]] of TABLE.entries())
      expect({ name, answer: answers[index] }).toEqual({
        name,
        answer: typeof expected === "string" ? expected : expect.stringMatching(expected),
      })
  })

  it.skipIf(!hasPython)("the workers' own documents come to this", () => {
    const answers = decide(OURS.map(([file, action, resource, context = {}]) => ({ documents: [policy(file)], action, resource, context })))
    expect(answers).toEqual(OURS.map(([, , , , expected]) => expected))
  })
})
