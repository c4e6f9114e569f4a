import { describe, expect, test } from "vitest"
import { INPUT, exit, judgeFixture, readFixture, readLines } from "./fixture.ts"
import { kimiCode } from "./kimi-code.ts"

describe("kimi-code", () => {
  test("a finished run is tools with what they were given and gave, words, and a success", () => {
    const { state, events } = readFixture(kimiCode, "ok")
    expect(events.map(({ kind }) => kind)).toEqual(["log", "tool", "tool", "tool", "tool", "tool", "tool", "text", "log"])
    expect(events[1]).toMatchObject({ name: "Read", state: "started", input: { path: "/job/repo/src/slugify.js" } })
    expect(events[2]).toMatchObject({ name: "Read", state: "finished", output: expect.stringContaining("export function slugify") })
    expect(state).toMatchObject({
      terminal: "success",
      lastMessage: expect.stringContaining("accented letters"),
      sessionId: expect.stringMatching(/^session_/),
      openTools: {},
    })
    expect(judgeFixture(kimiCode, "ok", exit(0))).toBeNull()
  })

  test("what went wrong stands on standard error alone", () => {
    expect(judgeFixture(kimiCode, "badkey", exit(1))).toMatchObject({
      kind: "agent-auth-failed",
      detail: "provider.auth_error: 401 Invalid API key",
    })
    expect(judgeFixture(kimiCode, "f429", exit(1))).toMatchObject({ kind: "agent-failed", detail: "provider.rate_limit: 429 injected 429" })
    expect(judgeFixture(kimiCode, "f500", exit(1))).toMatchObject({ kind: "agent-failed", detail: "provider.api_error: 500 injected 500" })
  })

  test("a command that failed is told with its exit code", () => {
    expect(readFixture(kimiCode, "shell").events).toContainEqual(
      expect.objectContaining({ name: "Bash", state: "failed", exitCode: 3, output: expect.stringContaining("out\n") }),
    )
  })

  test("a used-up account is a usage limit", () => {
    expect(
      kimiCode.readStderr(["error: failed to run prompt: provider.rate_limit: 429 You exceeded your current quota", "See log: x"]),
    ).toEqual({
      status: 429,
      text: "provider.rate_limit: 429 You exceeded your current quota",
    })
  })

  test("each retry is a notice", () => {
    const notices = readFixture(kimiCode, "f429").events.filter(({ kind }) => kind === "notice")
    expect(notices).toHaveLength(9)
    expect(notices[0]).toMatchObject({ code: "agent-retrying", text: "The agent is retrying: 429 injected 429" })
  })

  test("a run that was cut off is no success and names its session as the last one of the folder", () => {
    const { state } = readFixture(kimiCode, "sigterm-group")
    expect(judgeFixture(kimiCode, "sigterm-group", exit(0))).toMatchObject({ kind: "agent-failed" })
    expect(kimiCode.plan({ ...INPUT, resume: state.sessionId }).args).toContain("--continue")
    expect(kimiCode.plan({ ...INPUT, resume: "session_1" }).args).toEqual(expect.arrayContaining(["-S", "session_1"]))
  })

  test("its list of to-dos is a plan; arguments that are no JSON stay as they are", () => {
    const call = (id: string, name: string, given: string) => ({ type: "function", id, function: { name, arguments: given } })
    const todos = JSON.stringify({ todos: [{ title: "look", status: "done" }] })
    const line = JSON.stringify({ role: "assistant", tool_calls: [call("1", "TodoList", todos), call("2", "Bash", "{half")] })
    expect(readLines(kimiCode, [line]).events).toMatchObject([
      { kind: "tool", name: "TodoList" },
      { kind: "plan", items: [{ text: "look", state: "done" }] },
      { kind: "tool", name: "Bash", input: "{half" },
    ])
  })

  test("its key is passed on in the environment alone", () => {
    const { args, env } = kimiCode.plan({ ...INPUT, secrets: { MOONSHOT_API_KEY: "k-very-secret" } })
    expect(env).toMatchObject({
      KIMI_MODEL_API_KEY: "k-very-secret",
      KIMI_MODEL_BASE_URL: "https://api.moonshot.ai/v1",
      KIMI_MODEL_NAME: "kimi-k2.5",
    })
    expect(args.join("\n")).not.toContain("k-very-secret")
  })
})
