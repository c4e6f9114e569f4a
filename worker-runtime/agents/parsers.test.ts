// The parsers against what the real programs printed (test/fixtures, cut from the captures).
import { describe, expect, test } from "vitest"
import { INPUT, exit, readFixture, readLines } from "./fixture.ts"
import { HARNESSES } from "./agent.ts"
import type { AgentState } from "./agent.ts"
import { claudeCode } from "./claude-code.ts"
import { judgeAgent } from "./judge.ts"
import { openCode } from "./opencode.ts"

describe("claude-code", () => {
  test("a finished run is text, tools and usage, and a success", () => {
    const { state, events } = readFixture(claudeCode, "ok")
    expect(events.map(({ kind }) => kind)).toEqual(["tool", "tool", "text", "usage"])
    expect(events[0]).toMatchObject({ name: "Write", state: "started", input: { content: "hello from agent\n" } })
    expect(events[1]).toMatchObject({ name: "Write", state: "finished", id: "call_1" })
    expect(state).toMatchObject({ terminal: "success", lastMessage: "Done: wrote HELLO.txt", model: "claude-opus-5-5", openTools: {} })
    expect(judgeAgent(claudeCode, { state, exit: exit(0), lastLines: [] })).toBeNull()
  })

  test("a refused key is told by is_error, not by the subtype that says success", () => {
    const { state, events } = readFixture(claudeCode, "badkey")
    expect(events).toContainEqual({ kind: "notice", code: "agent-retrying", text: "The agent is retrying: 401 authentication_failed" })
    expect(judgeAgent(claudeCode, { state, exit: exit(1), lastLines: [] })).toMatchObject({
      kind: "agent-auth-failed",
      detail: expect.stringContaining("401"),
    })
  })

  test("a rate limit is a failure of the agent, a usage limit is its own", () => {
    const { state } = readFixture(claudeCode, "f429")
    expect(judgeAgent(claudeCode, { state, exit: exit(1), lastLines: [] })).toMatchObject({ kind: "agent-failed", exitCode: 1 })
    const limited: AgentState = { ...state, error: { status: 429, text: "Claude AI usage limit reached|1767225600" } }
    expect(judgeAgent(claudeCode, { state: limited, exit: exit(1), lastLines: [] })).toMatchObject({
      kind: "agent-usage-limit",
      resetsAt: "2026-01-01T00:00:00.000Z",
    })
    const worded: AgentState = { ...state, error: { status: 429, text: "You've hit your session limit · resets at 3pm (UTC)" } }
    expect(judgeAgent(claudeCode, { state: worded, exit: exit(1), lastLines: [] })).toMatchObject({
      kind: "agent-usage-limit",
      resetsAt: "3pm (UTC)",
    })
  })

  test("a run that was cut off is no success, whatever the exit code says", () => {
    const { state } = readFixture(claudeCode, "sigterm-group")
    expect(judgeAgent(claudeCode, { state, exit: exit(0), lastLines: [] })).toMatchObject({ kind: "agent-failed", exitCode: 0 })
    expect(judgeAgent(claudeCode, { state, exit: { code: null, signal: "SIGTERM" }, lastLines: ["last"] })).toMatchObject({
      kind: "agent-failed",
      signal: "SIGTERM",
      lastLines: ["last"],
    })
  })

  test("its plan of todos is a plan", () => {
    const todos = [
      { content: "look", status: "completed" },
      { content: "write", status: "in_progress" },
    ]
    const line = JSON.stringify({
      type: "assistant",
      message: { content: [{ type: "tool_use", id: "t1", name: "TodoWrite", input: { todos } }] },
    })
    expect(readLines(claudeCode, [line]).events).toContainEqual({
      kind: "plan",
      items: [
        { text: "look", state: "done" },
        { text: "write", state: "active" },
      ],
    })
  })

  test("as root it must be told that it is in a sandbox", () => {
    const input = { ...INPUT, extraArgs: ["--effort", "low"], secrets: { ANTHROPIC_API_KEY: "k" }, sessionId: "s", model: "opus" }
    expect(claudeCode.plan({ ...input, isRoot: true }).env["IS_SANDBOX"]).toBe("1")
    const plan = claudeCode.plan({ ...input, isRoot: false })
    expect(plan.env["IS_SANDBOX"]).toBeUndefined()
    expect(plan.args.slice(-4)).toEqual(["--model", "opus", "--effort", "low"])
    expect(plan.args).toEqual(expect.arrayContaining(["--session-id", "s"]))
    expect(claudeCode.plan({ ...input, isRoot: false, resume: "former" }).args).toEqual(expect.arrayContaining(["--resume", "former"]))
  })
})

describe("opencode", () => {
  test("a finished run is tools, text and usage, and a success", () => {
    const { state, events } = readFixture(openCode, "ok")
    expect(events.map(({ kind }) => kind)).toEqual(["tool", "usage", "text", "usage"])
    expect(events[0]).toMatchObject({ name: "write", state: "finished", output: "Wrote file successfully." })
    expect(state).toMatchObject({
      terminal: "success",
      lastMessage: "Done: wrote HELLO.txt",
      sessionId: expect.stringMatching(/^ses_/),
      usage: { inputTokens: 5602, outputTokens: 28, costUsd: null },
    })
    expect(judgeAgent(openCode, { state, exit: exit(0), lastLines: [] })).toBeNull()
  })

  test("401 is a refused key; 429 and 500 are failures of the agent", () => {
    expect(judgeAgent(openCode, { state: readFixture(openCode, "badkey").state, exit: exit(1), lastLines: [] })).toMatchObject({
      kind: "agent-auth-failed",
      detail: expect.stringContaining("Invalid API key"),
    })
    expect(judgeAgent(openCode, { state: readFixture(openCode, "f429").state, exit: exit(1), lastLines: [] })).toMatchObject({
      kind: "agent-failed",
    })
    expect(judgeAgent(openCode, { state: readFixture(openCode, "f500").state, exit: exit(1), lastLines: [] })).toMatchObject({
      kind: "agent-failed",
      detail: expect.stringContaining("injected 500"),
    })
  })

  test("the key stays in the environment and the inline configuration names it only", () => {
    const plan = openCode.plan({
      ...INPUT,
      secrets: { OPENAI_API_KEY: "sk-very-secret" },
      baseUrl: "http://model/v1",
      model: "a/b",
    })
    expect(plan.args).toContain("viberglass/a/b")
    expect(plan.env["OPENCODE_CONFIG_CONTENT"]).toContain("{env:OPENAI_API_KEY}")
    expect(plan.env["OPENCODE_CONFIG_CONTENT"]).not.toContain("sk-very-secret")
  })
})

describe.each(Object.values(HARNESSES))("$slug", (agent) => {
  test("a line that it does not know is kept, announced once and never an error", () => {
    const lines = ["plain words", '{"type":"something-new","x":1}', "[1,2]", "null", '{"type":"item.moved"}']
    const { state, events } = readLines(agent, lines)
    expect(events.filter(({ kind }) => kind === "notice")).toHaveLength(1)
    expect(events.flatMap((event) => (event.kind === "log" ? [event.text] : []))).toEqual(lines)
    expect(state.terminal).toBe("none")
  })
})
