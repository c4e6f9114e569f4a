// Who counts, who pays and who holds the key, with an agent that does what a CLI might.
import { createServer } from "node:http"
import type { Server } from "node:http"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Payload } from "#contract/worker.ts"
import { ANSWERS } from "../broker/answers.fixture.ts"
import { FINISHED, TOKEN, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
let provider: Server
let url = ""
/** One after the other; the last one for every call after it. */
let answers: { status: number; body: string }[] = []
beforeAll(async () => {
  rig = await startRig()
  provider = createServer((request, response) => {
    request.resume()
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? { status: 500, body: "" }
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body)
  })
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve))
  const address = provider.address()
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
})
afterAll(async () => {
  provider.close()
  await rig.close()
})

/** One model call, as a CLI makes it. */
const CALL = `node -e 'fetch(process.env.ANTHROPIC_BASE_URL + "/v1/messages", { method: "POST", body: "{}",
  headers: { "x-api-key": process.env.ANTHROPIC_API_KEY } }).then(async (r) => console.error(r.status, await r.text()))'`
const REPORTED = `echo '${JSON.stringify({
  type: "result",
  is_error: false,
  result: "Done.",
  total_cost_usd: 7,
  modelUsage: {
    "model-of-the-cli": { inputTokens: 700, outputTokens: 70, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUSD: 7 },
  },
})}'`

const research = (change: Partial<Payload> = {}): Payload => {
  const payload = rig.payload()
  return { ...payload, job: { ...payload.job, kind: "research" }, agent: { ...payload.agent, baseUrl: url }, ...change }
}
const usageOf = (events: readonly { kind: string }[]) => events.filter(({ kind }) => kind === "usage")

test("the broker's count stands alone: what the CLI reports is not added to it", async () => {
  answers = [{ status: 200, body: ANSWERS["anthropic message"].body }]
  rig.agent(`${CALL}\n${CALL}\n${REPORTED}`)
  const { outcome, events } = await rig.run(research())
  expect(usageOf(events)).toMatchObject([{ model: "claude-opus-5-5" }, { model: "claude-opus-5-5" }])
  expect(outcome).toMatchObject({ status: "succeeded", usage: { inputTokens: 18, outputTokens: 6 } })
})

test("when the provider says nothing of usage, the CLI's word is told, and that the count is incomplete", async () => {
  answers = [{ status: 200, body: "{}" }]
  rig.agent(`${CALL}\n${REPORTED}`)
  const { outcome, events } = await rig.run(research())
  expect(usageOf(events)).toMatchObject([{ model: "model-of-the-cli", inputTokens: 700, costUsd: 7 }])
  expect(outcome).toMatchObject({ usage: { inputTokens: 700, costUsd: 7 } })
  expect(events).toContainEqual(
    expect.objectContaining({ code: "usage-incomplete", text: expect.stringContaining("1 of the model calls") }),
  )
})

test("a success after a call that the budget refused is none", async () => {
  answers = [{ status: 200, body: ANSWERS["anthropic message"].body }]
  rig.agent(`${CALL}\n${CALL}\n${FINISHED}`)
  const { outcome, events, printed } = await rig.run(research({ limits: { maxExecutionMs: 60_000, budgetUsd: 0.000_001 } }))
  expect(outcome).toMatchObject({ status: "failed", failure: { kind: "budget-exceeded", limit: 0.000_001, step: "run-agent" } })
  expect(printed).toContain("402")
  expect(usageOf(events)).toHaveLength(1)
})

test("an agent that goes on trying without a budget, or without a quota, is ended", async () => {
  const tries = `echo '{"type":"system","subtype":"x"}'; while :; do ${CALL}; sleep 0.2; done`
  answers = [{ status: 200, body: ANSWERS["anthropic message"].body }]
  rig.agent(tries)
  const spent = await rig.run(research({ limits: { maxExecutionMs: 60_000, budgetUsd: 0.000_001 } }))
  expect(spent.outcome).toMatchObject({ failure: { kind: "budget-exceeded" } })
  answers = [{ status: 429, body: JSON.stringify({ error: { message: "You have hit your usage limit", resets_in_seconds: 600 } }) }]
  const limited = await rig.run(research())
  expect(limited.outcome).toMatchObject({
    failure: { kind: "agent-usage-limit", resetsAt: expect.stringMatching(/Z$/), step: "run-agent" },
  })
})

test("a quota that was used up and then answers again is no failure", async () => {
  answers = [
    { status: 429, body: JSON.stringify({ error: { message: "You have hit your usage limit" } }) },
    { status: 200, body: ANSWERS["anthropic message"].body },
  ]
  rig.agent(`${CALL}\n${CALL}\n${FINISHED}`)
  const { outcome, printed } = await rig.run(research())
  expect(printed).toContain("429")
  expect(outcome).toMatchObject({ status: "succeeded" })
})

test("a key that the worker cannot keep is the agent's, and the log says so", async () => {
  rig.agent(`node -e 'console.error(process.env.CLAUDE_CODE_OAUTH_TOKEN.length, process.env.ANTHROPIC_BASE_URL)'; ${REPORTED}`)
  const secrets: Payload["secrets"] = [
    { name: "GITHUB_TOKEN", use: "scm", from: "value", value: TOKEN },
    { name: "CLAUDE_CODE_OAUTH_TOKEN", use: "agent", from: "value", value: "oauth-token-0123456789" },
  ]
  const payload = rig.payload({ secrets, limits: { maxExecutionMs: 60_000, budgetUsd: 0.000_001 } })
  const { outcome, events, printed } = await rig.run({ ...payload, job: { ...payload.job, kind: "research" } })
  expect(outcome).toMatchObject({ status: "succeeded", usage: { inputTokens: 700 } })
  expect(events).toContainEqual(
    expect.objectContaining({
      code: "model-key-with-agent",
      text: expect.stringMatching(/CLAUDE_CODE_OAUTH_TOKEN.*budget is not watched/),
    }),
  )
  expect(printed).toContain("22 undefined")
})

test.each(["ftp://models.test", "https://user:pass@models.test", "https://models.test/?key=x", "models"])(
  "the base URL %s is refused",
  async (baseUrl) => {
    rig.agent(FINISHED)
    const { outcome } = await rig.run(research({ agent: { slug: "claude-code", extraArgs: [], baseUrl } }))
    expect(outcome).toMatchObject({ failure: { kind: "invalid-payload", field: "agent.baseUrl", step: "prepare-agent" } })
  },
)
