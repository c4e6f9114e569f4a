// What each captured stream of a real program becomes, event by event, and how it is judged. `vitest -u` writes the files anew:
// then read their diff, it is what people will see in the log of a job.
import { describe, expect, test } from "vitest"
import { HARNESSES } from "./agent.ts"
import type { Agent } from "./agent.ts"
import { exit, fixtureNames, judgeFixture, readFixture } from "./fixture.ts"

describe.each(Object.values(HARNESSES))("$slug", (agent: Agent) => {
  test.each(fixtureNames(agent))("%s", async (name) => {
    const { state, events } = readFixture(agent, name)
    const lines = [
      ...events,
      { state },
      { afterExit0: judgeFixture(agent, name, exit(0)) },
      { afterExit1: judgeFixture(agent, name, exit(1)) },
    ]
    const file = new URL(`../test/golden/${agent.slug}/${name}.ndjson`, import.meta.url).pathname
    await expect(`${lines.map((line) => JSON.stringify(line)).join("\n")}\n`).toMatchFileSnapshot(file)
  })
})
