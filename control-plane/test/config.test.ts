import { readFileSync } from "node:fs"
import { join } from "node:path"
import { unstable_readConfig } from "wrangler"
import { describe, expect, it } from "vitest"
import { readSettings, versionOf } from "../config.ts"

const root = join(import.meta.dirname, "../..")
const read = (env?: string) => unstable_readConfig({ config: join(root, "wrangler.toml"), ...(env ? { env } : {}) }, { hideWarnings: true })

const bindings = (list: readonly { binding: string }[]) => list.map(({ binding }) => binding)
const classNames = (list: readonly { class_name: string }[]) => list.map((one) => one.class_name)

describe("wrangler.toml", () => {
  it.each(["dev", "prod"])("repeats every binding in [env.%s]", (name) => {
    const [local, env] = [read(), read(name)]
    expect(Object.keys(env.vars)).toEqual(Object.keys(local.vars))
    expect(bindings(env.d1_databases)).toEqual(bindings(local.d1_databases))
    expect(bindings(env.r2_buckets)).toEqual(bindings(local.r2_buckets))
    expect(env.durable_objects.bindings).toEqual(local.durable_objects.bindings)
    expect(env.triggers).toEqual(local.triggers)
    expect(env.vars["ENVIRONMENT"]).toBe(name)
  })

  it("makes all five object classes in migration v1 and exports each", () => {
    const { migrations, durable_objects } = read()
    const classes = classNames(durable_objects.bindings)
    expect(migrations).toMatchObject([{ tag: "v1", new_sqlite_classes: classes }])
    const worker = readFileSync(join(root, "control-plane/worker.ts"), "utf8")
    for (const name of classes) expect(worker).toMatch(new RegExp(`export (class ${name}\\b|\\{ ${name} \\})`))
  })

  it("lets the Worker answer what is not the UI's", () => {
    expect(read().assets?.run_worker_first).toEqual(["/api/*", "/worker/*", "/hooks/*", "/health", "/.well-known/*"])
  })
})

describe("the settings", () => {
  it("name everything that is missing at once, and never a value", () => {
    const settings = readSettings({ MASTER_KEYS: "{secret", PUBLIC_URL: "ftp://x" })
    expect(settings.ok).toBe(false)
    if (settings.ok) return
    expect(settings.problems.map((problem) => problem.split(":")[0])).toEqual([
      "DB",
      "BUCKET",
      "ENVIRONMENT",
      "PUBLIC_URL",
      "MASTER_KEYS",
      "WORKER_TOKEN_KEY",
      "SESSION_KEY",
    ])
    expect(settings.problems.join()).not.toContain("{secret")
  })

  const role = { AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/control-plane", AWS_OIDC_KEYS: "{}" }
  it.each([
    ["https, and AWS itself", { PUBLIC_URL: "https://vg.test" }, false],
    ["this machine, and AWS itself", { PUBLIC_URL: "http://127.0.0.1:8787" }, true],
    ["this machine, and an emulator on it", { PUBLIC_URL: "http://127.0.0.1:8787", AWS_ENDPOINT_URL: "http://localhost:5000" }, false],
    [
      "this machine, and an emulator for another service",
      { PUBLIC_URL: "http://127.0.0.1:8787", AWS_ENDPOINT_URL_ECS: "http://[::1]:1" },
      true,
    ],
    ["this machine, and an emulator elsewhere", { PUBLIC_URL: "http://127.0.0.1:8787", AWS_ENDPOINT_URL: "http://emulator.test" }, true],
    ["a plain address elsewhere", { PUBLIC_URL: "http://vg.test", AWS_ENDPOINT_URL_STS: "http://127.0.0.1:5000" }, true],
    ["a name that begins like this machine's", { PUBLIC_URL: "http://127.0.0.1.test", AWS_ENDPOINT_URL: "http://127.0.0.1:5000" }, true],
  ])("a role that AWS lends to %s: %o is refused: %s", (_, given, refused) => {
    const settings = readSettings({ ...role, ...given })
    const problems = settings.ok ? [] : settings.problems
    expect(problems.some((problem) => problem.startsWith("AWS_ROLE_ARN: needs an https PUBLIC_URL"))).toBe(refused)
  })
})

describe("a version", () => {
  it("carries its deploy as build metadata", () => {
    expect(versionOf({})).toMatch(/^\d+\.\d+\.\d+$/)
    expect(versionOf({ RELEASE: "abc123.20261120120000" })).toBe(`${versionOf({})}+abc123.20261120120000`)
  })
})
