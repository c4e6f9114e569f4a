import { expect, test } from "vitest"
import { consoleLinksOf } from "./reply.ts"

const region = "eu-west-1"
const arn = (rest: string) => `arn:aws:ecs:${region}:123456789012:${rest}`
const ecs = {
  type: "ecs",
  facts: { region, clusterArn: arn("cluster/one"), container: "worker", logGroup: "/ecs/ours", logStreamPrefix: "coder" },
} as const
const lambda = { type: "lambda", facts: { region, functionName: "viberator-a", logGroup: "/aws/lambda/ours" } } as const
const urls = (...of: Parameters<typeof consoleLinksOf>) => Object.fromEntries(consoleLinksOf(...of).map(({ name, url }) => [name, url]))

test("a task leads to its page and to the stream that it writes", () => {
  expect(urls(ecs, { handle: arn("task/one/0a1b"), compute: null })).toEqual({
    Task: expect.stringContaining("/ecs/v2/clusters/one/tasks/0a1b/"),
    Log: expect.stringMatching(/log-group\/\$252Fecs\$252Fours\/log-events\/coder\$252Fworker\$252F0a1b$/),
  })
  const { logStreamPrefix: _, ...without } = ecs.facts
  expect(Object.keys(urls({ type: "ecs", facts: without }, { handle: arn("task/one/0a1b"), compute: null }))).toEqual(["Task"])
})

test("of two deliveries of an invocation the one that claimed has the log", () => {
  expect(urls(lambda, { handle: "answered", compute: null })["Log"]).toContain("$2522answered$2522")
  expect(urls(lambda, { handle: "answered", compute: "lambda:claimed" })["Log"]).toContain("$2522claimed$2522")
})

test("nothing leads anywhere before a launch, and outside AWS", () => {
  expect(urls(ecs, { handle: null, compute: null })).toEqual({})
  expect(urls(lambda, { handle: null, compute: null })).toEqual({})
  expect(urls({ type: "docker", facts: { hostId: "hst_1" } }, { handle: "a", compute: "docker:a" })).toEqual({})
})
