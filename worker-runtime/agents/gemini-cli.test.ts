import { describe, expect, test } from "vitest"
import { INPUT, exit, judgeFixture, readFixture, readLines } from "./fixture.ts"
import { geminiCli } from "./gemini-cli.ts"

describe("gemini-cli", () => {
  test("a finished run is tools, words in pieces, usage, and a success", () => {
    const { state, events } = readFixture(geminiCli, "ok")
    expect(events.map(({ kind }) => kind)).toEqual(["tool", "tool", "text", "text", "usage"])
    expect(events[0]).toMatchObject({ name: "write_file", state: "started", input: { content: "hello from agent\n" } })
    expect(events[1]).toMatchObject({ name: "write_file", state: "finished" })
    expect(state).toMatchObject({
      terminal: "success",
      lastMessage: "Done: wrote HELLO.txt",
      sessionId: "f4662f8e-96aa-4659-bd73-378ed1cf3d86",
      model: "gemini-2.5-pro",
      openTools: {},
    })
    expect(judgeFixture(geminiCli, "ok", exit(0))).toBeNull()
  })

  test("a command that failed after it printed something looks like one that went well", () => {
    expect(readFixture(geminiCli, "shell").events).toContainEqual(
      expect.objectContaining({ name: "run_shell_command", state: "finished", output: "out" }),
    )
    const silent = { type: "tool_result", tool_id: "t", status: "success", output: "Command exited with code: 3" }
    expect(readLines(geminiCli, [JSON.stringify(silent)]).events).toMatchObject([{ exitCode: 3 }])
  })

  test("an exit code carries the status that the output leaves out", () => {
    expect(judgeFixture(geminiCli, "badkey", exit(145))).toMatchObject({
      kind: "agent-auth-failed",
      detail: expect.stringContaining("Invalid API key"),
    })
    expect(judgeFixture(geminiCli, "f429", exit(173))).toMatchObject({
      kind: "agent-failed",
      exitCode: 173,
      detail: expect.stringContaining("429"),
    })
    expect(judgeFixture(geminiCli, "f500", exit(244))).toMatchObject({
      kind: "agent-failed",
      detail: expect.stringContaining("injected 500"),
    })
  })

  test("without a key it prints nothing, and the exit code says so", () => {
    const read = readLines(geminiCli, [])
    expect(read.state.terminal).toBe("none")
    expect(geminiCli.exitCodes[41]).toMatchObject({ status: 401 })
  })

  test("a key that Google refuses with 400, and a quota that is used up, are told by their words", () => {
    const refused = { type: "result", status: "error", error: { message: "[API Error: API key not valid. Please pass a valid API key.]" } }
    expect(readLines(geminiCli, [JSON.stringify(refused)]).state.error).toMatchObject({ status: 401 })
  })

  test("a TERM ends it with exit code 0 and no result: no success", () => {
    expect(judgeFixture(geminiCli, "sigterm-group", exit(0))).toMatchObject({ kind: "agent-failed", exitCode: 0 })
  })

  test("a tool that failed says why, a plan is a plan, a warning goes by", () => {
    const todos = [{ description: "look", status: "in_progress" }]
    const lines = [
      { type: "tool_use", tool_name: "write_todos", tool_id: "t1", parameters: { todos } },
      { type: "tool_result", tool_id: "t1", status: "error", error: { type: "x", message: "Path not in workspace" } },
      { type: "error", severity: "warning", message: "Loop detected" },
    ]
    const { state, events } = readLines(
      geminiCli,
      lines.map((line) => JSON.stringify(line)),
    )
    expect(events).toMatchObject([
      { kind: "tool", state: "started" },
      { kind: "plan", items: [{ text: "look", state: "active" }] },
      { kind: "tool", name: "write_todos", state: "failed", output: "Path not in workspace" },
      { kind: "log", level: "warn", text: "Loop detected" },
    ])
    expect(state.error).toBeNull()
  })

  test("its key is passed on, and where calls go is never left to a file of the repository", () => {
    const { args, env, files } = geminiCli.plan({ ...INPUT, secrets: { GOOGLE_API_KEY: "g-very-secret" } })
    expect(env).toMatchObject({ GEMINI_API_KEY: "g-very-secret", GOOGLE_GEMINI_BASE_URL: "https://generativelanguage.googleapis.com" })
    expect(JSON.stringify([args, files])).not.toContain("g-very-secret")
    expect(args).toEqual(
      expect.arrayContaining(["--include-directories", "/job/output", "/job/attachments", "--session-id", INPUT.sessionId]),
    )
    expect(geminiCli.plan({ ...INPUT, resume: "former" }).args).toEqual(expect.arrayContaining(["--resume", "former"]))
  })
})
