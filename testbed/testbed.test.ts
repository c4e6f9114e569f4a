import { execFile, spawn } from "node:child_process"
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Octokit } from "@octokit/rest"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { ensureAgent } from "./agents.ts"
import { demoFiles, fixedSlugify } from "./demo-repository.ts"
import { startForge } from "./forge.ts"
import type { Forge } from "./forge.ts"
import { startModel } from "./model.ts"
import type { Model } from "./model.ts"
import { decide } from "./scenarios.ts"
import type { Decision, ModelRequest } from "./scenarios.ts"

const run = promisify(execFile)
const root = fileURLToPath(new URL("..", import.meta.url))
let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "testbed-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Exit = Readonly<{ code: number; stdout: string; stderr: string }>

function start(
  file: string,
  args: readonly string[],
  options: { cwd: string; env: Record<string, string>; input?: string },
): Promise<Exit> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, env: { PATH: process.env["PATH"], ...options.env } })
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }))
    child.stdin.end(options.input)
  })
}

async function writeFiles(into: string, files: Readonly<Record<string, string>>) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(into, path)), { recursive: true })
    await writeFile(join(into, path), content)
  }
}

describe("the demo repository", () => {
  const failures = async (files: Readonly<Record<string, string>>, name: string) => {
    await writeFiles(join(folder, name), files)
    const { stdout } = await start(process.execPath, ["--test", "--test-reporter=tap"], { cwd: join(folder, name), env: {} })
    return Number(/^# fail (\d+)$/m.exec(stdout)?.[1])
  }
  test("has one failing test, which the scripted fix makes pass", async () => {
    expect(await failures(demoFiles, "broken")).toBe(1)
    expect(await failures({ ...demoFiles, "src/slugify.js": fixedSlugify }, "fixed")).toBe(0)
  })
})

describe("the forge", () => {
  let forge: Forge
  let clones = 0
  const git = (cwd: string, ...args: string[]) => start("git", args, { cwd, env: gitEnv })
  const gitEnv = {
    HOME: "/nonexistent",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: "Zoë",
    GIT_AUTHOR_EMAIL: "zoe@example.com",
    GIT_COMMITTER_NAME: "Bot",
    GIT_COMMITTER_EMAIL: "bot@example.com",
  }
  const withToken = (token: string, name = "acme/demo") => forge.cloneUrl(name).replace("//", `//x-access-token:${token}@`)
  const clone = async (token = "tok-writer", name = "acme/demo") => {
    const into = join(folder, `clone-${clones++}`)
    return { into, ...(await git(folder, "clone", "--quiet", withToken(token, name), into)) }
  }
  const commitOn = async (branch: string, files: Readonly<Record<string, string>>) => {
    const { into } = await clone()
    await git(into, "checkout", "--quiet", "-b", branch)
    await writeFiles(into, files)
    await git(into, "add", "-A")
    await git(into, "commit", "--quiet", "-m", `Work on ${branch}`, "-m", "With a body.")
    return into
  }
  const pushed = async (branch: string) => {
    const into = await commitOn(branch, { [`${branch}.txt`]: "new\n" })
    expect(await git(into, "push", "--quiet", "origin", branch)).toMatchObject({ code: 0 })
    return into
  }
  const octokit = (token = "tok-writer") => {
    const silent = () => undefined
    return new Octokit({ baseUrl: forge.apiUrl, auth: token, log: { debug: silent, info: silent, warn: silent, error: silent } })
  }
  const demo = { owner: "acme", repo: "demo" } as const
  const open = (head: string, token?: string) =>
    octokit(token).pulls.create({ ...demo, head, base: "main", title: `Pull ${head}`, body: "Why" })

  beforeAll(async () => {
    forge = await startForge({
      folder: join(folder, "forge"),
      users: [
        { login: "writer", token: "tok-writer", access: "write" },
        { login: "reader", token: "tok-reader", access: "read" },
        { login: "stranger", token: "tok-stranger", access: "write" },
      ],
    })
    await forge.createRepository({ name: "acme/demo", files: demoFiles, protectedFrom: ["stranger"] })
  })
  afterAll(() => forge.close())

  describe("git", () => {
    test("gives a clone to a reader and takes a push from a writer", async () => {
      const { into, code } = await clone("tok-reader")
      expect(code).toBe(0)
      expect(await readFile(join(into, "src/slugify.js"), "utf8")).toBe(demoFiles["src/slugify.js"])
      const work = await pushed("first")
      expect(await forge.git("acme/demo", "rev-parse", "first")).toBe((await git(work, "rev-parse", "HEAD")).stdout.trim())
    })
    test.each([
      ["401 for a wrong token", "tok-wrong", "acme/demo", /Authentication failed/],
      ["404 for an unknown repository", "tok-writer", "acme/nothing", /Repository not found/],
      ["404 for a repository that is kept from the user", "tok-stranger", "acme/demo", /Repository not found/],
    ])("answers %s", async (_, token, name, said) => {
      const { code, stderr } = await clone(token, name)
      expect(code).toBe(128)
      expect(stderr).toMatch(said)
    })
    test("answers 401 without a login, also for reading", async () => {
      const { code, stderr } = await git(folder, "ls-remote", forge.cloneUrl("acme/demo"))
      expect(code).toBe(128)
      expect(stderr).toMatch(/could not read Username/)
      expect(forge.requests.at(-1)).toMatchObject({ method: "GET", status: 401, login: null })
    })
    test("answers 403 for a reader's push", async () => {
      const into = await commitOn("by-reader", { "x.txt": "x" })
      const { code, stderr } = await git(into, "push", withToken("tok-reader"), "by-reader")
      expect(code).toBe(128)
      expect(stderr).toMatch(/Permission to acme\/demo\.git denied to reader/)
      expect(forge.requests.at(-1)).toMatchObject({ status: 403, login: "reader" })
    })
    test("refuses a push that is not a fast-forward, also a forced one", async () => {
      await pushed("race")
      const late = await commitOn("late", { "late.txt": "late" })
      expect(await git(late, "push", "origin", "late:race")).toMatchObject({ code: 1, stderr: expect.stringMatching(/\[rejected\]/) })
      expect(await git(late, "push", "--force", "origin", "late:race")).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/non-fast-forward/),
      })
    })
    test("shows what was pushed to the REST side under the same hash", async () => {
      const into = await commitOn("replayed", {
        "bin/run.sh": "#!/bin/sh\n",
        "deep/er/data.bin": "\u0000\u0001",
        "src/slugify.js": fixedSlugify,
      })
      await chmod(join(into, "bin/run.sh"), 0o755)
      await git(into, "commit", "--quiet", "--all", "--allow-empty", "--date=2026-03-01T10:00:00+05:30", "-m", "Ünïcode subject")
      await git(into, "push", "--quiet", "origin", "replayed")
      const sha = (await git(into, "rev-parse", "HEAD")).stdout.trim()
      const { data } = await octokit().git.getRef({ ...demo, ref: "heads/replayed" })
      expect(data.object.sha).toBe(sha)
      expect((await octokit().repos.getCommit({ ...demo, ref: sha })).data.commit.message).toMatch(/^Ünïcode subject/)
    })
  })

  describe("pull requests", () => {
    test("are created, found by head, updated and follow their branch", async () => {
      const into = await pushed("feature")
      const { data } = await octokit().pulls.create({
        ...demo,
        head: "acme:feature",
        base: "main",
        title: "Feature",
        body: "Why",
        draft: true,
      })
      expect(data).toMatchObject({
        state: "open",
        draft: true,
        html_url: `${forge.url}/acme/demo/pull/${data.number}`,
        user: { login: "writer" },
      })
      expect(data.url).toBe(`${forge.apiUrl}/repos/acme/demo/pulls/${data.number}`)
      await writeFiles(into, { "more.txt": "more\n" })
      await git(into, "add", "-A")
      await git(into, "commit", "--quiet", "-m", "More")
      await git(into, "push", "--quiet", "origin", "feature")
      await octokit().pulls.update({ ...demo, pull_number: data.number, title: "Better" })
      await octokit().issues.addLabels({ ...demo, issue_number: data.number, labels: ["viberglass"] })
      const found = await octokit().pulls.list({ ...demo, head: "acme:feature", state: "open" })
      expect(found.data).toHaveLength(1)
      expect(found.data[0]).toMatchObject({ title: "Better", head: { sha: (await git(into, "rev-parse", "HEAD")).stdout.trim() } })
      const one = await octokit().pulls.get({ ...demo, pull_number: data.number })
      expect(one.data).toMatchObject({ commits: 2, changed_files: 2, additions: 2, deletions: 0 })
      expect(await forge.pullRequests("acme/demo")).toEqual(
        expect.arrayContaining([expect.objectContaining({ number: data.number, title: "Better" })]),
      )
      const page = await fetch(data.html_url)
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("Better")])
    })
    test("are merged into the bare repository, unless their branch has moved", async () => {
      const into = await pushed("merged")
      const { data } = await open("merged")
      await octokit().pulls.merge({ ...demo, pull_number: data.number })
      expect(await forge.git("acme/demo", "show", "main:merged.txt")).toBe("new")
      expect((await octokit().pulls.get({ ...demo, pull_number: data.number })).data).toMatchObject({ state: "closed", merged: true })
      await git(into, "checkout", "--quiet", "-b", "moved")
      await git(into, "commit", "--quiet", "--allow-empty", "-m", "One")
      await git(into, "push", "--quiet", "origin", "moved")
      const moved = await open("moved")
      await git(into, "commit", "--quiet", "--allow-empty", "-m", "Two")
      await git(into, "push", "--quiet", "origin", "moved")
      await expect(octokit().pulls.merge({ ...demo, pull_number: moved.data.number })).rejects.toMatchObject({ status: 409 })
    })
    test("are refused as GitHub refuses them", async () => {
      await pushed("double")
      await git((await clone()).into, "push", "--quiet", "origin", "main:refs/heads/same")
      await open("double")
      const errors = (error: object) => ({
        status: 422,
        response: { data: { message: "Validation Failed", errors: [expect.objectContaining(error)] } },
      })
      await expect(open("missing")).rejects.toMatchObject(errors({ resource: "PullRequest", field: "head", code: "invalid" }))
      await expect(open("double")).rejects.toMatchObject(
        errors({ code: "custom", message: "A pull request already exists for acme:double." }),
      )
      await expect(open("same")).rejects.toMatchObject(errors({ code: "custom", message: "No commits between main and same" }))
    })
    test("need a token that is known, may see the repository and may write", async () => {
      await expect(open("double", "tok-wrong")).rejects.toMatchObject({ status: 401, response: { data: { message: "Bad credentials" } } })
      expect((await fetch(`${forge.apiUrl}/repos/acme/demo`)).status).toBe(401)
      await expect(open("double", "tok-stranger")).rejects.toMatchObject({ status: 404 })
      await expect(open("double", "tok-reader")).rejects.toMatchObject({ status: 403 })
      await expect(octokit().repos.get({ owner: "acme", repo: "nothing" })).rejects.toMatchObject({ status: 404 })
      expect((await octokit("tok-reader").repos.get(demo)).data).toMatchObject({ private: true, clone_url: forge.cloneUrl("acme/demo") })
    })
  })

  test("says so when it does not do a call", async () => {
    await expect(octokit().pulls.listFiles({ ...demo, pull_number: 1 })).rejects.toMatchObject({ status: 501 })
    await expect(octokit().git.deleteRef({ ...demo, ref: "heads/main" })).rejects.toMatchObject({ status: 501 })
  })
  test("answers the next matching requests with an injected fault, and no more", async () => {
    forge.fault({ method: "POST", path: "/pulls" }, { status: 502, times: 2 })
    forge.fault({ path: /git-upload-pack/ }, { status: 500 })
    await expect(open("missing")).rejects.toMatchObject({ status: 502 })
    await expect(open("missing")).rejects.toMatchObject({ status: 502 })
    await expect(open("missing")).rejects.toMatchObject({ status: 422 })
    expect(await clone()).toMatchObject({ code: 128, stderr: expect.stringMatching(/500/) })
    expect(await clone()).toMatchObject({ code: 0 })
  })
})

const claudeTools = ["Bash", "Read", "Write"]
const prompt = (phase: string, ticket = "") =>
  `Phase: ${phase}\n\n${ticket}\n\nWrite /tmp/job_1/output/${phase === "execution" ? "pull-request" : "document"}.md\n`

/** A conversation with this user text and so many tool calls done. */
function request(text: string, { tools = claudeTools, done = 0 }: { tools?: string[]; done?: number } = {}): ModelRequest {
  const steps = Array.from({ length: done }, () => [
    { role: "assistant", content: null },
    { role: "tool", content: "FAULT-500 Phase: planning" },
  ]).flat()
  return { messages: [{ role: "user", content: text }, ...steps], tools: tools.map((name) => ({ function: { name } })) }
}

describe("the script", () => {
  const outcome = (decision: Decision) =>
    decision.kind === "tool-call" ? [decision.name, ...Object.values(decision.arguments).slice(0, 1)] : [decision.kind]
  test.each([
    ["research", 0, ["Write", "/tmp/job_1/output/document.md"]],
    ["research", 1, ["text"]],
    ["planning", 0, ["Write", "/tmp/job_1/output/document.md"]],
    ["execution", 0, ["Read", "/tmp/job_1/repo/src/slugify.js"]],
    ["execution", 1, ["Write", "/tmp/job_1/repo/src/slugify.js"]],
    ["execution", 2, ["Write", "/tmp/job_1/output/pull-request.md"]],
    ["execution", 3, ["text"]],
    ["claw", 0, ["text"]],
    ["self-test", 0, ["text"]],
  ])("plays %s after %i tool calls", (phase, done, expected) => {
    expect(outcome(decide(request(prompt(phase), { done })))).toEqual(expected)
  })
  test.each([
    ["FAULT-401", "research", 0, ["error"]],
    ["FAULT-529", "execution", 2, ["error"]],
    ["FAULT-418", "research", 0, ["Write", "/tmp/job_1/output/document.md"]],
    ["FAULT-HANG", "planning", 0, ["hang"]],
    ["SCRIPT-SLEEP-30", "research", 0, ["Bash", "sleep 30"]],
    ["SCRIPT-SLEEP-30", "research", 1, ["Write", "/tmp/job_1/output/document.md"]],
    ["SCRIPT-NO-CHANGES", "execution", 0, ["text"]],
    ["SCRIPT-WRITE .github/workflows/ci.yml", "execution", 0, ["Write", "/tmp/job_1/repo/.github/workflows/ci.yml"]],
    ["SCRIPT-WRITE a.txt", "execution", 1, ["Write", "/tmp/job_1/output/pull-request.md"]],
  ])("%s switches %s after %i tool calls", (ticket, phase, done, expected) => {
    expect(outcome(decide(request(prompt(phase, `The ticket says ${ticket}`), { done })))).toEqual(expected)
  })
  test.each([
    ["claude", claudeTools, "Write", "file_path"],
    ["kimi", [...claudeTools, "AgentSwarm"], "Write", "path"],
    ["opencode", ["bash", "read", "write"], "write", "filePath"],
    ["gemini and qwen", ["run_shell_command", "read_file", "write_file"], "write_file", "file_path"],
    ["codex", ["exec_command"], "exec_command", "cmd"],
    ["vibe", ["bash", "write_file"], "bash", "command"],
  ])("speaks to %s in its own tools", (_, tools, name, argument) => {
    expect(decide(request(prompt("research"), { tools }))).toMatchObject({
      kind: "tool-call",
      name,
      arguments: { [argument]: expect.stringContaining("document.md") },
    })
  })
  test("answers with a few words where no tool writes, such as for a title", () => {
    expect(decide(request(prompt("execution"), { tools: [] }))).toEqual({ kind: "text", text: "Slugs and accented letters" })
  })
  test("begins anew with the next prompt of a resumed session", () => {
    const first = request(prompt("research"), { done: 1 })
    const resumed = { ...first, messages: [...first.messages, { role: "user", content: prompt("planning") }] }
    expect(outcome(decide(resumed))).toEqual(["Write", "/tmp/job_1/output/document.md"])
  })
  test("finds the prompt in quotes, and behind other text that is glued to it", () => {
    for (const text of [`"${prompt("research")}"`, `<session_context>\n</session_context>${prompt("research")}`]) {
      expect(outcome(decide(request(text)))).toEqual(["Write", "/tmp/job_1/output/document.md"])
    }
  })
  test("talks as long as it is told to", () => {
    const decision = decide(request(prompt("claw", "SCRIPT-TALK-40")))
    expect(decision.kind === "text" ? Math.round(decision.text.length / 1024) : 0).toBe(40)
  })
})

describe("the model", () => {
  let model: Model
  beforeAll(async () => {
    model = await startModel({ apiKey: "sk-good" })
  })
  afterAll(() => model.close())
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
  const dialects = [
    {
      name: "Anthropic",
      url: () => `${model.anthropicBaseUrl}/v1/messages`,
      headers: (key: string) => ({ "x-api-key": key }),
      body: (text: string) => ({
        model: "claude-test",
        max_tokens: 99,
        stream: true,
        messages: [{ role: "user", content: text }],
        tools: [{ name: "Write", input_schema: { type: "object" } }],
      }),
    },
    {
      name: "OpenAI chat",
      url: () => `${model.openaiBaseUrl}/chat/completions`,
      headers: bearer,
      body: (text: string) => ({
        model: "gpt-test",
        stream: true,
        messages: [{ role: "user", content: text }],
        tools: [{ type: "function", function: { name: "write" } }],
      }),
    },
    {
      name: "OpenAI responses",
      url: () => `${model.openaiBaseUrl}/responses`,
      headers: bearer,
      body: (text: string) => ({
        model: "gpt-test",
        stream: true,
        input: [{ role: "user", content: [{ type: "input_text", text }] }],
        tools: [{ type: "function", name: "exec_command" }],
      }),
    },
    {
      name: "Gemini",
      url: () => `${model.geminiBaseUrl}/v1beta/models/gemini-test:streamGenerateContent?alt=sse`,
      headers: (key: string) => ({ "x-goog-api-key": key }),
      body: (text: string) => ({
        contents: [{ role: "user", parts: [{ text }] }],
        tools: [{ functionDeclarations: [{ name: "write_file" }] }],
      }),
    },
  ]
  describe.each(dialects)("in the dialect of $name", ({ url, headers, body }) => {
    const ask = (text: string, key = "sk-good") => fetch(url(), { method: "POST", headers: headers(key), body: JSON.stringify(body(text)) })
    test("streams a tool call", async () => {
      const answer = await ask(prompt("research"))
      expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/)
      const events = (await answer.text()).split("\n").filter((line) => line.startsWith("data: "))
      expect(events.length).toBeGreaterThan(0)
      expect(events.join("")).toContain("slugs lose accented letters")
    })
    test("refuses a wrong key and no key, and writes both down", async () => {
      expect((await ask(prompt("research"), "sk-bad")).status).toBe(401)
      expect((await fetch(url(), { method: "POST", body: "{}" })).status).toBe(401)
      expect(model.requests().slice(-2)).toMatchObject([
        { status: 401, keyAccepted: false, body: expect.stringContaining("research") },
        { status: 401 },
      ])
    })
    test("fails as told", async () => {
      expect((await ask(prompt("research", "FAULT-429"))).status).toBe(429)
      expect(model.requests().at(-1)).toMatchObject({ status: 429, keyAccepted: true })
    })
  })
  test("hangs as told, until the caller gives up", async () => {
    const body = JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: prompt("research", "FAULT-HANG") }] })
    const asked = fetch(`${model.openaiBaseUrl}/chat/completions`, {
      method: "POST",
      headers: bearer("sk-good"),
      body,
      signal: AbortSignal.timeout(300),
    })
    await expect(asked).rejects.toMatchObject({ name: "TimeoutError" })
    expect(model.requests().at(-1)).toMatchObject({ status: 0, keyAccepted: true })
  })
})

describe("the agents", () => {
  test("are taken from the PATH when they are there, unless the pin is asked for", async () => {
    const binFolder = join(folder, "bin")
    await writeFiles(binFolder, { vibe: "#!/bin/sh\necho vibe 9.8.7\n" })
    await chmod(join(binFolder, "vibe"), 0o755)
    const agent = { slug: "mistral-vibe", binary: join(binFolder, "vibe"), binFolder, version: "9.8.7", source: "path" }
    expect(await ensureAgent("mistral-vibe", { root: folder, path: binFolder })).toEqual(agent)
    await expect(ensureAgent("mistral-vibe", { root: folder, path: binFolder, pinnedOnly: true })).rejects.toThrow(
      "uv tool install mistral-vibe==2.18.4",
    )
    await expect(ensureAgent("nobody", { root: folder })).rejects.toThrow('no agent "nobody"')
  })

  const commands = {
    "claude-code": ({ model }: { model: Model }) => ({
      args: ["-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"],
      input: true,
      env: {
        ANTHROPIC_API_KEY: "sk-good",
        ANTHROPIC_BASE_URL: model.anthropicBaseUrl,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        DISABLE_AUTOUPDATER: "1",
        CLAUDE_CODE_MAX_RETRIES: "1",
        IS_SANDBOX: "1",
      },
    }),
    opencode: ({ model }: { model: Model }) => ({
      args: ["run", "--format", "json"],
      input: false,
      env: {
        TESTBED_KEY: "sk-good",
        OPENCODE_DISABLE_AUTOUPDATE: "1",
        OPENCODE_DISABLE_MODELS_FETCH: "1",
        OPENCODE_CONFIG_CONTENT: JSON.stringify({
          provider: {
            testbed: {
              npm: "@ai-sdk/openai-compatible",
              options: { baseURL: model.openaiBaseUrl, apiKey: "{env:TESTBED_KEY}" },
              models: { scripted: {} },
            },
          },
          model: "testbed/scripted",
          small_model: "testbed/scripted",
          permission: "allow",
          autoupdate: false,
          share: "disabled",
        }),
      },
    }),
  }
  // The first run on a machine downloads the CLI.
  test.for(["claude-code", "opencode"] as const)(
    "%s plays the execution script against the model",
    { timeout: 180_000 },
    async (slug, context) => {
      const agent = await ensureAgent(slug, { root }).catch((error: unknown) => {
        if (process.env["REQUIRE_ALL"] === "1") throw error
        return context.skip(`${slug} is not here and could not be installed: ${String(error)}`)
      })
      const model = await startModel({ apiKey: "sk-good" })
      const work = join(folder, slug)
      const [repo, home, output] = [join(work, "repo"), join(work, "home"), join(work, "output")]
      await writeFiles(repo, demoFiles)
      await mkdir(home)
      await mkdir(output)
      await run("git", ["init", "--quiet", repo])
      const text = prompt("execution", "Slugs lose accented letters.").replace("/tmp/job_1", work)
      const { args, env, input } = commands[slug]({ model })
      const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter)
      const exit = await start(agent.binary, input ? args : [...args, text], {
        cwd: repo,
        env: { HOME: home, PATH: path, ...env },
        input: input ? text : "",
      })
      await model.close()
      expect(exit, exit.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("Slugs now keep the base letter") })
      expect(await readFile(join(repo, "src/slugify.js"), "utf8")).toBe(fixedSlugify)
      expect(await readFile(join(output, "pull-request.md"), "utf8")).toMatch(/^fix: keep the base letter/)
      expect(model.requests().filter((call) => !call.keyAccepted || call.status !== 200)).toEqual([])
    },
  )
})
