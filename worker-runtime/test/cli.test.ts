import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { beforeAll, expect, test } from "vitest"
import { buildWorker } from "../build.ts"
import { WORKER_VERSION } from "../version.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
let bundle: string
beforeAll(async () => {
  bundle = await buildWorker(root)
}, 60_000)

function viberator(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bundle, ...args],
      { env: { PATH: process.env["PATH"] ?? "", ...env } },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr })
      },
    )
  })
}

test("the bundle is one file, far below what an image may hold, and knows its version", async () => {
  expect(await viberator(["--version"])).toMatchObject({ code: 0, stdout: `${WORKER_VERSION}\n` })
  expect(readdirSync(dirname(bundle))).toEqual(["viberator.mjs"])
  expect(statSync(bundle).size).toBeLessThan(80_000_000)
  const { version }: { version: string } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
  expect(version).toBe(WORKER_VERSION)
})

test("S3 is reached from the bundle, which holds the AWS SDK as text until it is wanted", async () => {
  const aws = { AWS_REGION: "eu-central-1", AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "y", AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1" }
  expect(await viberator(["--payload", "s3://payloads/a.json"], aws)).toMatchObject({
    code: 69,
    stderr: expect.stringContaining("ECONNREFUSED"),
  })
})

test.each([[["dance"]], [["--dance"]], [[]]])("%j is answered with the usage and 64", async (args) => {
  expect(await viberator(args)).toMatchObject({ code: 64, stderr: expect.stringContaining("viberator [run]") })
})

test("a payload that cannot be read is told in one sentence, and nothing else", async () => {
  expect(await viberator(["run", "--payload", "/nowhere.json"])).toMatchObject({
    code: 64,
    stdout: "",
    stderr: "The payload /nowhere.json could not be read: there is no such file.\n",
  })
  const gone = await viberator([], { VIBERATOR_PAYLOAD: "http://127.0.0.1:1/a.json?X-Amz-Signature=0123456789abcdef" })
  expect(gone).toMatchObject({
    code: 69,
    stdout: "",
    stderr: expect.stringMatching(/^The payload http:\/\/127\.0\.0\.1:1\/a\.json could not [^\n]*\n$/),
  })
  expect(gone.stderr).not.toContain("Signature")
})

test("the launch values are taken as a whole: one that is missing is named", async () => {
  const { code, stderr } = await viberator([], {
    VIBERATOR_JOB_ID: "job_1",
    VIBERATOR_ATTEMPT: "1",
    CONTROL_PLANE_URL: "http://127.0.0.1:1",
  })
  expect(code).toBe(64)
  expect(stderr).toContain("launchToken")
})

test("AWS is reached from the bundle too, by a job that needs it", async () => {
  const repository = { url: "https://forge.test/a.git", baseBranch: "main", branch: "b" }
  const payload = {
    protocol: 1,
    job: { id: "job_cli", kind: "research", attempt: 1, deadlineAt: "2030-01-01T00:00:00Z" },
    project: { name: "A", slug: "a", settings: {} },
    task: {},
    prompt: "x",
    repository,
    agent: { slug: "claude-code" },
    limits: { maxExecutionMs: 60_000 },
    scm: { provider: "github" },
    secrets: [{ name: "ANTHROPIC_API_KEY", use: "agent", from: "ssm", parameter: "/x" }],
  }
  const bin = mkdtempSync(join(tmpdir(), "viberator-cli-"))
  writeFileSync(join(bin, "claude"), "#!/bin/sh\necho 2.1.328\n", { mode: 0o755 })
  const { stdout } = await viberator(["--payload", JSON.stringify(payload)], {
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    VIBERATOR_WORK_DIR: join(bin, "work"),
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "y",
    AWS_ENDPOINT_URL_SSM: "http://127.0.0.1:1",
  })
  rmSync(bin, { recursive: true })
  expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    outcome: { failure: { kind: "secret-missing", names: ["ANTHROPIC_API_KEY"], detail: expect.stringContaining("ECONNREFUSED") } },
  })
})
