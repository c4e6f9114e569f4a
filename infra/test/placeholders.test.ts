import { describe, expect, it } from "vitest"
import { fillPolicy } from "../policy.ts"

const text = '{ "Resource": "arn:aws:logs:*:{{account}}:log-group:/ecs/{{environment}}", "By": "{{account}}" }'

describe("a policy's placeholders", () => {
  it("are filled, each as often as it is there", () => {
    expect(JSON.parse(fillPolicy(text, { account: "1", environment: "dev" }))).toEqual({
      ...{ Resource: "arn:aws:logs:*:1:log-group:/ecs/dev", By: "1" },
    })
  })

  it("must have a value, and values a placeholder", () => {
    expect(() => fillPolicy(text, { account: "1" })).toThrow("A policy has the placeholder {{environment}}, and nothing fills it.")
    expect(() => fillPolicy(text, { account: "1", environment: "dev", region: "x" })).toThrow("A policy has no placeholder {{region}}.")
  })

  it("take nothing that would change what is around them", () => {
    for (const account of ['*", "Action": "*', "a\\", "{{environment}}"])
      expect(() => fillPolicy(text, { account, environment: "dev" })).toThrow("{{account}} would be filled with")
  })
})
