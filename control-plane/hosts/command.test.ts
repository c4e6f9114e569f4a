import { expect, test } from "vitest"
import { connectCommand } from "./command.ts"

test.each([
  [true, "VIBERATOR_HOST_TOKEN=vh_x node dist/viberator/viberator.mjs host --url https://v.example"],
  [false, "VIBERATOR_HOST_TOKEN=vh_x node dist/viberator/viberator.mjs host --url https://v.example --engine docker"],
])("where processes are allowed is %s, the command is one that works", (allowProcessEngine, command) => {
  expect(connectCommand({ token: "vh_x", publicUrl: "https://v.example", allowProcessEngine })).toBe(command)
})
