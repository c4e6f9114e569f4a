import { expect, test } from "vitest"
import { consoleLinks, logGroupLink, logSearchLink, logStreamLink, taskConsoleLink, taskLogStream } from "./aws-console.ts"

const HOSTS = [
  ["aws", "eu-west-1", "https://eu-west-1.console.aws.amazon.com"],
  ["aws", "ap-southeast-2", "https://ap-southeast-2.console.aws.amazon.com"],
  ["aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn"],
  ["aws-us-gov", "us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com"],
] as const

test.each(HOSTS)("a function of %s in %s has its page, its alias's, its version's and its logs'", (_partition, region, host) => {
  const facts = { region, functionName: "viberator-coder", alias: "live", version: "3", logGroup: "/aws/lambda/viberglass-prod-worker" }
  expect(consoleLinks(facts)).toEqual([
    { name: "Function", url: `${host}/lambda/home?region=${region}#/functions/viberator-coder` },
    { name: "Alias", url: `${host}/lambda/home?region=${region}#/functions/viberator-coder/aliases/live` },
    { name: "Version", url: `${host}/lambda/home?region=${region}#/functions/viberator-coder/versions/3` },
    {
      name: "Logs",
      url: `${host}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fviberglass-prod-worker`,
    },
  ])
})

test.each(HOSTS)("a task definition of %s in %s has its page, its cluster's and its logs'", (partition, region, host) => {
  const facts = {
    region,
    clusterArn: `arn:${partition}:ecs:${region}:123456789012:cluster/viberglass`,
    taskDefinitionArn: `arn:${partition}:ecs:${region}:123456789012:task-definition/viberator_coder:17`,
    logGroup: "/ecs/viberglass-prod-worker",
  }
  expect(consoleLinks(facts)).toEqual([
    { name: "Cluster", url: `${host}/ecs/v2/clusters/viberglass/services?region=${region}` },
    { name: "Task definition", url: `${host}/ecs/v2/task-definitions/viberator_coder/17/containers?region=${region}` },
    { name: "Logs", url: `${host}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/$252Fecs$252Fviberglass-prod-worker` },
  ])
})

test.each(HOSTS)("a task of %s in %s is found by its ARN", (partition, region, host) => {
  const arn = (rest: string) => `arn:${partition}:ecs:${region}:123456789012:${rest}`
  const id = "0123456789abcdef0123456789abcdef"
  const url = `${host}/ecs/v2/clusters/viberglass/tasks/${id}/configuration?region=${region}`
  expect(taskConsoleLink(region, arn("cluster/viberglass"), arn(`task/viberglass/${id}`))).toBe(url)
  expect(taskConsoleLink(region, "viberglass", id)).toBe(url)
})

test("names are encoded twice in CloudWatch's fragment", () => {
  const logs = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/"
  const stream = taskLogStream({ prefix: "coder", container: "worker", taskArn: "arn:aws:ecs:eu-west-1:123456789012:task/one/0a1b" })
  expect(logStreamLink("eu-west-1", "/ecs/a b#c", stream)).toBe(`${logs}$252Fecs$252Fa$2520b$2523c/log-events/coder$252Fworker$252F0a1b`)
  expect(logStreamLink("eu-west-1", "/aws/lambda/one", "2026/01/31/[$LATEST]0a1b")).toBe(
    `${logs}$252Faws$252Flambda$252Fone/log-events/2026$252F01$252F31$252F$255B$2524LATEST$255D0a1b`,
  )
  expect(logSearchLink("eu-west-1", "/aws/lambda/one", "0a-1b")).toBe(
    `${logs}$252Faws$252Flambda$252Fone/log-events$3FfilterPattern$3D$25220a-1b$2522`,
  )
  expect(logSearchLink("nowhere", "/a", "0a-1b")).toBeNull()
})

test.each([
  ["of a host with Docker", { hostId: "hst_1", image: "worker:latest" }],
  ["without a region", { functionName: "viberator-coder", logGroup: "/a" }],
  ["of another type", { region: 7, functionName: {}, clusterArn: null, taskDefinitionArn: ["a"], logGroup: true }],
  ["of a secret partition", { region: "us-iso-east-1", functionName: "viberator-coder", logGroup: "/a" }],
  ["of a sovereign partition", { region: "eusc-de-east-1", functionName: "viberator-coder" }],
  ["whose region is an address", { region: "evil.example/", functionName: "viberator-coder", logGroup: "/a" }],
])("facts %s have no links", (_name, facts) => {
  expect(consoleLinks(facts)).toEqual([])
})

test("a name of somebody else's cannot leave its place", () => {
  const [link] = consoleLinks({ region: "eu-west-1", functionName: "../a?b#c" })
  expect(link?.url).toBe("https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions/..%2Fa%3Fb%23c")
  expect(taskConsoleLink("eu-west-1", "", "0a1b")).toBeNull()
  expect(taskConsoleLink("eu-west-1", "one", "")).toBeNull()
  expect(logGroupLink("nowhere", "/a")).toBeNull()
})
