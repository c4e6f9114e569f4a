import { spawnSync } from "node:child_process"
import { PassThrough } from "node:stream"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { createLog } from "./log.ts"
import { createRedactor } from "./redact.ts"

const SECRET = "s3cret 'value'"

test("a line of JSON for each event, without a secret in any part of it", () => {
  const stream = new PassThrough()
  const redactor = createRedactor()
  const log = createLog({ redactor, fields: { jobId: "job_1" }, stream })
  redactor.register(SECRET)
  log.info("started", { deep: [{ [`key ${SECRET}`]: `a ${SECRET} b` }], number: 7 })
  log.warn(`event ${SECRET}`)
  log.error(new Error(`broke with ${SECRET}`, { cause: SECRET }), "broke", { token: "ghp_abcdefghijklmnopqrstuvwxyz0123456789" })
  log.error(Buffer.from(SECRET).toString("base64"), "odd")
  const lines = String(stream.read()).trim().split("\n")
  const events: unknown[] = lines.map((line) => JSON.parse(line))
  expect(events).toMatchObject([
    { level: "info", event: "started", jobId: "job_1", deep: [{ "key [redacted]": "a [redacted] b" }], number: 7 },
    { level: "warn", event: "event [redacted]" },
    { level: "error", event: "broke", error: expect.stringMatching(/^Error: broke with \[redacted\]\n +at /), token: "[redacted]" },
    { level: "error", event: "odd", error: expect.stringMatching(/^\[redacted\].{0,3}$/) },
  ])
  expect(lines.join("")).not.toContain("s3cret")
})

test.each(["throw new Error(text)", "void Promise.reject(new Error(text))"])("what nobody catches is redacted too: %s", (crash) => {
  const source = `
    const { createLog, logCrashes } = await import(${JSON.stringify(fileURLToPath(new URL("log.ts", import.meta.url)))})
    const { createRedactor } = await import(${JSON.stringify(fileURLToPath(new URL("redact.ts", import.meta.url)))})
    const redactor = createRedactor()
    const text = ${JSON.stringify(SECRET)}
    redactor.register(text)
    logCrashes(createLog({ redactor, fields: {} }), 70)
    setTimeout(() => { ${crash} })
  `
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", source], { encoding: "utf8" })
  expect(status).toBe(70)
  expect(stderr).toContain('"event":"worker-broke"')
  expect(stderr).toContain("[redacted]")
  expect(stderr).not.toContain("s3cret")
})
