// Against lines in the form that its source prints; none of them was printed by the program itself.
import { describe, expect, test } from "vitest"
import { INPUT, exit, judgeFixture, readFixture } from "./fixture.ts"
import { mistralVibe } from "./mistral-vibe.ts"

describe("mistral-vibe, replayed", () => {
  test("a finished run is thoughts, tools, words, and a success", () => {
    const { state, events } = readFixture(mistralVibe, "ok")
    expect(events).toMatchObject([
      { kind: "reasoning", delta: "A file is wanted." },
      { kind: "tool", name: "write_file", state: "started", input: { path: "/repo/HELLO.txt" } },
      { kind: "tool", name: "write_file", state: "finished", output: expect.stringContaining("bytes_written: 17") },
      { kind: "text", delta: "Done: wrote HELLO.txt" },
    ])
    expect(state).toMatchObject({ terminal: "success", sessionId: "c1e7a5d2-93f4-4d27-9a53-6f3b3e0e9a11", openTools: {} })
    expect(judgeFixture(mistralVibe, "ok", exit(0))).toBeNull()
  })

  test("a run that ends while a tool is called is no success", () => {
    expect(judgeFixture(mistralVibe, "cut-off", exit(0))).toMatchObject({ kind: "agent-failed", exitCode: 0 })
  })

  test("what went wrong stands on standard error alone", () => {
    expect(judgeFixture(mistralVibe, "badkey", exit(1))).toMatchObject({ kind: "agent-auth-failed" })
    expect(judgeFixture(mistralVibe, "f500", exit(1))).toMatchObject({
      kind: "agent-failed",
      detail: expect.stringContaining("status: 500"),
    })
    expect(mistralVibe.readStderr(["Error: API error from mistral (model: m): Invalid API key. Please check."])).toMatchObject({
      status: 401,
    })
    expect(mistralVibe.readStderr(["Error: Rate limit exceeded. Please wait."])).toMatchObject({ status: 429 })
    expect(mistralVibe.readStderr(["Error: LLM backend error [mistral]", "  status: 500 Internal Server Error"])).toMatchObject({
      status: 500,
    })
  })

  test("its settings name the model and the provider, and no key", () => {
    const { args, env, files } = mistralVibe.plan({
      ...INPUT,
      secrets: { MISTRAL_API_KEY: "m-very-secret" },
      baseUrl: "http://model/v1",
      model: "devstral-small-latest",
      resume: "former",
    })
    expect(env).toEqual({ MISTRAL_API_KEY: "m-very-secret" })
    expect(files[".vibe/config.toml"]).toContain('api_base = "http://model/v1"\napi_key_env_var = "MISTRAL_API_KEY"')
    expect(files[".vibe/config.toml"]).toContain('active_model = "devstral-small-latest"')
    expect(JSON.stringify([args, files])).not.toContain("m-very-secret")
    expect(args.slice(-2)).toEqual(["--resume", "former"])
  })
})
