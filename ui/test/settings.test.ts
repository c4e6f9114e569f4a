import { expect, it } from "vitest"
import type { AwsCheck } from "#contract/settings.ts"
import { verdictOf } from "../pages/settings/aws-verdict.ts"

const checks = (...states: AwsCheck["state"][]) => states.map((state, at) => ({ name: `check ${at}`, state, message: "" }))

it.each<[string, AwsCheck["state"][]]>([
  ["Nothing stands in the way.", ["ready", "ready"]],
  ["Nothing stands in the way. 1 thing was not looked at.", ["ready", "ready", "unknown"]],
  ["Nothing stands in the way. 2 things were not looked at.", ["ready", "unknown", "unknown"]],
  ["1 thing stands in the way.", ["ready", "denied", "unknown"]],
  ["2 things stand in the way.", ["ready", "denied", "missing"]],
  ["1 thing stands in the way.", ["denied"]],
  ["AWS did not answer: ask again in a while.", ["unknown"]],
])("a check of AWS says: %s", (verdict, states) => {
  expect(verdictOf(checks(...states))).toBe(verdict)
})
