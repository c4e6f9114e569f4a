import { describe, expect, test } from "vitest"
import { INPUT, exit, judgeFixture, readFixture, readLines } from "./fixture.ts"
import { qwenCli } from "./qwen-cli.ts"

describe("qwen-cli", () => {
  test("a finished run is tools, words, the usage of each answer, and a success", () => {
    const { state, events } = readFixture(qwenCli, "ok")
    expect(events.map(({ kind }) => kind)).toEqual(["log", "tool", "usage", "tool", "text", "usage"])
    expect(events[1]).toMatchObject({ name: "write_file", state: "started", input: { content: "hello from agent\n" } })
    expect(events[3]).toMatchObject({ name: "write_file", state: "finished", output: expect.stringContaining("Successfully created") })
    expect(state).toMatchObject({
      terminal: "success",
      lastMessage: "Done: wrote HELLO.txt",
      sessionId: "71f3065c-31f0-4f91-972e-38927527a78a",
      model: "qwen3-coder-plus",
      usage: { inputTokens: 20583, outputTokens: 29 },
    })
    expect(judgeFixture(qwenCli, "ok", exit(0))).toBeNull()
  })

  test("a command that failed is told with its exit code", () => {
    expect(readFixture(qwenCli, "shell").events).toContainEqual(
      expect.objectContaining({ name: "run_shell_command", state: "failed", exitCode: 3, output: expect.stringContaining("Output: out") }),
    )
  })

  test("a resumed run counts its own answers, not the former ones again", () => {
    expect(readFixture(qwenCli, "resume1").state.usage).toMatchObject({ inputTokens: 9997, outputTokens: 1 })
  })

  test("a refused key, a server's fault and a missing key are told apart by the words of the result", () => {
    expect(judgeFixture(qwenCli, "badkey", exit(1))).toMatchObject({
      kind: "agent-auth-failed",
      detail: expect.stringContaining("Invalid API key"),
    })
    expect(judgeFixture(qwenCli, "f500", exit(1))).toMatchObject({ kind: "agent-failed", detail: expect.stringContaining("injected 500") })
    expect(judgeFixture(qwenCli, "nokey", exit(1))).toMatchObject({
      kind: "agent-failed",
      detail: expect.stringContaining("Missing API key"),
    })
  })

  test("its waiting for a rate limit is a notice, and its end without a result no success", () => {
    const { events } = readFixture(qwenCli, "f429")
    expect(events).toContainEqual({ kind: "notice", code: "agent-retrying", text: "The agent is retrying: attempt 1 of 10 in 60 s" })
    expect(judgeFixture(qwenCli, "f429", exit(0))).toMatchObject({ kind: "agent-failed" })
    expect(judgeFixture(qwenCli, "sigterm-group", exit(0))).toMatchObject({ kind: "agent-failed" })
  })

  test("thoughts, a plan and a tool that failed", () => {
    const message = (content: unknown[]) => JSON.stringify({ type: "assistant", message: { content } })
    const todos = [{ id: "1", content: "look", status: "completed" }]
    const lines = [
      message([
        { type: "thinking", thinking: "hm" },
        { type: "tool_use", id: "t1", name: "todo_write", input: { todos } },
      ]),
      JSON.stringify({
        type: "user",
        message: { content: [{ type: "tool_result", tool_use_id: "t1", is_error: true, content: [{ type: "text", text: "no" }] }] },
      }),
    ]
    expect(readLines(qwenCli, lines).events).toMatchObject([
      { kind: "reasoning", delta: "hm" },
      { kind: "tool", state: "started" },
      { kind: "plan", items: [{ text: "look", state: "done" }] },
      { kind: "tool", name: "todo_write", state: "failed", output: "no" },
    ])
  })

  test("its key is passed on as the one of an OpenAI-compatible endpoint", () => {
    const { args, env, files } = qwenCli.plan({ ...INPUT, secrets: { DASHSCOPE_API_KEY: "q-very-secret" } })
    expect(env).toMatchObject({ OPENAI_API_KEY: "q-very-secret", OPENAI_BASE_URL: "https://dashscope.aliyuncs.com/compatible-mode/v1" })
    expect(JSON.stringify([args, files])).not.toContain("q-very-secret")
    expect(qwenCli.plan({ ...INPUT, resume: "former" }).args).toEqual(expect.arrayContaining(["--resume", "former"]))
  })
})
