import { describe, expect, test } from "vitest"
import { INPUT, exit, judgeFixture, readFixture, readLines } from "./fixture.ts"
import { codex } from "./codex.ts"

describe("codex", () => {
  test("a finished run is its command with exit code, its words, its usage, and a success", () => {
    const { state, events } = readFixture(codex, "ok")
    expect(events.map(({ kind }) => kind)).toEqual(["log", "tool", "tool", "text", "usage"])
    expect(events[1]).toMatchObject({
      name: "command_execution",
      state: "started",
      input: { command: expect.stringContaining("HELLO.txt") },
    })
    expect(events[2]).toMatchObject({ name: "command_execution", state: "finished", exitCode: 0, output: "" })
    expect(state).toMatchObject({
      terminal: "success",
      lastMessage: "Done: wrote HELLO.txt",
      sessionId: "01a1f6fd-bdfb-7e23-9b44-85e859c21ab5",
      openTools: {},
    })
    expect(judgeFixture(codex, "ok", exit(0))).toBeNull()
    expect(judgeFixture(codex, "ok", exit(1))).toMatchObject({ kind: "agent-failed", exitCode: 1 })
  })

  test("a command that failed is told with its exit code", () => {
    expect(readFixture(codex, "shell").events).toContainEqual(
      expect.objectContaining({ name: "command_execution", state: "failed", exitCode: 3, output: "out\n" }),
    )
  })

  test("metadata that it lacks of a model is a word in the log, never a failure", () => {
    expect(readFixture(codex, "ok").events[0]).toMatchObject({ kind: "log", level: "warn", text: expect.stringContaining("metadata") })
  })

  test("a refused key passes through its retries as notices and ends as agent-auth-failed", () => {
    const { events } = readFixture(codex, "badkey")
    expect(events.filter(({ kind }) => kind === "notice")).toHaveLength(5)
    expect(events).toContainEqual(expect.objectContaining({ code: "agent-retrying", text: expect.stringContaining("401 Unauthorized") }))
    expect(judgeFixture(codex, "badkey", exit(1))).toMatchObject({
      kind: "agent-auth-failed",
      detail: expect.stringContaining("Invalid API key"),
    })
  })

  test("429 and 500 are failures of the agent with its words; an account's limit is its own kind", () => {
    expect(judgeFixture(codex, "f429", exit(1))).toMatchObject({ kind: "agent-failed", detail: expect.stringContaining("429") })
    expect(judgeFixture(codex, "f500", exit(1))).toMatchObject({ kind: "agent-failed", detail: expect.stringContaining("high demand") })
    const line = JSON.stringify({ type: "turn.failed", error: { message: "You've hit your usage limit. Try again at 3:00 PM." } })
    expect(readLines(codex, [line]).state.error).toMatchObject({ status: 429 })
  })

  test("a run that was cut off is no success, whatever the exit code says", () => {
    expect(judgeFixture(codex, "sigterm-group", exit(0))).toMatchObject({ kind: "agent-failed", exitCode: 0 })
  })

  test("a changed file, a tool of a server and a list of to-dos are told as what they are", () => {
    const items = [
      { type: "item.completed", item: { id: "i1", type: "file_change", changes: [{ path: "a.js", kind: "update" }], status: "completed" } },
      {
        type: "item.started",
        item: { id: "i2", type: "mcp_tool_call", server: "docs", tool: "find", arguments: { q: "x" }, status: "in_progress" },
      },
      {
        type: "item.completed",
        item: { id: "i2", type: "mcp_tool_call", server: "docs", tool: "find", error: { message: "gone" }, status: "failed" },
      },
      {
        type: "item.started",
        item: {
          id: "i3",
          type: "todo_list",
          items: [
            { text: "look", completed: true },
            { text: "write", completed: false },
          ],
        },
      },
    ]
    expect(
      readLines(
        codex,
        items.map((item) => JSON.stringify(item)),
      ).events,
    ).toMatchObject([
      { kind: "tool", name: "file_change", state: "started", input: { changes: [{ path: "a.js" }] } },
      { kind: "tool", name: "file_change", state: "finished" },
      { kind: "tool", name: "docs.find", state: "started" },
      { kind: "tool", name: "docs.find", state: "failed", output: '{"message":"gone"}' },
      {
        kind: "plan",
        items: [
          { text: "look", state: "done" },
          { text: "write", state: "pending" },
        ],
      },
    ])
  })

  test("usage counts what came from the cache once", () => {
    const line = JSON.stringify({ type: "turn.completed", usage: { input_tokens: 100, cached_input_tokens: 80, output_tokens: 5 } })
    expect(readLines(codex, [line]).events).toEqual([{ kind: "usage", model: "", inputTokens: 20, outputTokens: 5, cacheReadTokens: 80 }])
  })

  test("an OpenAI key is passed on under the name that it reads, and stays out of the command", () => {
    const { args, env } = codex.plan({
      ...INPUT,
      secrets: { OPENAI_API_KEY: "sk-very-secret" },
      baseUrl: "http://model/v1",
      extraArgs: ["--x"],
    })
    expect(env).toMatchObject({ CODEX_API_KEY: "sk-very-secret" })
    expect(args.join("\n")).not.toContain("sk-very-secret")
    expect(args).toEqual(expect.arrayContaining(['model_providers.viberglass.base_url="http://model/v1"', "gpt-5.1-codex"]))
    expect(args.slice(-2)).toEqual(["--x", "-"])
    expect(codex.plan({ ...INPUT, resume: "former" }).args.slice(-3)).toEqual(["resume", "former", "-"])
  })
})
