// Secrets out of AWS SSM: against moto, which checks signatures and the policies of IAM, and against a provider of faults.
import { createServer } from "node:http"
import type { Server } from "node:http"
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { SecretDelivery } from "#contract/worker.ts"
import { readParameters } from "../platform/ssm.ts"
import { hasMoto, NO_MOTO, REGION, startMoto } from "./moto.ts"
import type { Moto } from "./moto.ts"
import { FINISHED, TOKEN, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

const AWS_NAMES = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_SSM", "AWS_EC2_METADATA_DISABLED"]
const never = new AbortController().signal

/** The SDK looks into the environment, as the worker's machine has it. */
function setAws({ endpoint, id = "test", secret = "test" }: { endpoint: string; id?: string; secret?: string }): void {
  process.env["AWS_REGION"] = REGION
  process.env["AWS_ACCESS_KEY_ID"] = id
  process.env["AWS_SECRET_ACCESS_KEY"] = secret
  process.env["AWS_ENDPOINT_URL_SSM"] = endpoint
  process.env["AWS_EC2_METADATA_DISABLED"] = "true"
}
afterEach(() => {
  for (const name of AWS_NAMES) delete process.env[name]
})

const name = (index: number) => `/viberator/secrets/S${index}`
const fromSsm = (secret: string, parameter: string): SecretDelivery => ({ name: secret, use: "agent", from: "ssm", parameter })

describe("against moto", () => {
  let moto: Moto
  let url = ""
  const users: Record<"reader" | "stranger", { id: string; secret: string }> = {
    reader: { id: "", secret: "" },
    stranger: { id: "", secret: "" },
  }
  let rig: Rig

  beforeAll(async () => {
    if (!hasMoto) return
    rig = await startRig()
    moto = await startMoto()
    url = moto.url
    const client = new SSMClient({ region: REGION, endpoint: url, credentials: { accessKeyId: "test", secretAccessKey: "test" } })
    for (let index = 0; index < 13; index++)
      await client.send(new PutParameterCommand({ Name: name(index), Value: `value-of-${index}`, Type: "SecureString" }))
    await client.send(new PutParameterCommand({ Name: name(0), Value: "second-version", Type: "SecureString", Overwrite: true }))
    client.destroy()
    users.reader = await moto.user("reader", ["ssm:GetParameters"])
    users.stranger = await moto.user("stranger", ["s3:ListBucket"])
    await moto.checkRights()
  }, 60_000)
  afterAll(async () => {
    if (!hasMoto) return
    moto.close()
    await rig.close()
  })
  beforeEach(({ skip }) => {
    skip(!hasMoto, NO_MOTO)
  })

  test("parameters are read decrypted, in batches of ten, by name or version; a missing one is told", async () => {
    setAws({ endpoint: url, ...users.reader })
    const names = [...Array.from({ length: 12 }, (_, index) => name(index)), `${name(0)}:1`, name(12), "/viberator/secrets/none", name(3)]
    const found = await readParameters(names, never)
    expect(found.get(name(0))).toEqual({ kind: "value", value: "second-version" })
    for (let index = 1; index < 12; index++) expect(found.get(name(index))).toEqual({ kind: "value", value: `value-of-${index}` })
    expect(found.get(`${name(0)}:1`)).toEqual({ kind: "value", value: "value-of-0" })
    expect(found.get(name(12))).toEqual({ kind: "value", value: "value-of-12" })
    expect(found.get("/viberator/secrets/none")).toEqual({ kind: "not-found" })
  })

  test("a role that may not, and a key that AWS does not know, are told as denied", async () => {
    setAws({ endpoint: url, ...users.stranger })
    expect((await readParameters([name(1)], never)).get(name(1))).toMatchObject({ kind: "denied" })
    setAws({ endpoint: url, id: users.reader.id, secret: "wrong" })
    expect((await readParameters([name(1)], never)).get(name(1))).toMatchObject({ kind: "denied" })
  })

  test("a job gets its secrets from there, redacted like any other; the agent gets none of AWS's own", async () => {
    setAws({ endpoint: url, ...users.reader })
    rig.agent(`echo "$ANTHROPIC_API_KEY $S2 [$AWS_SECRET_ACCESS_KEY]" >&2; ${FINISHED}`)
    const scm: SecretDelivery = { name: "GITHUB_TOKEN", use: "scm", from: "value", value: TOKEN }
    const payload = rig.payload({ secrets: [scm, fromSsm("ANTHROPIC_API_KEY", name(1)), fromSsm("S2", name(2))] })
    const { outcome, printed } = await rig.run({ ...payload, job: { ...payload.job, kind: "research" } })
    expect(outcome).toMatchObject({ status: "succeeded" })
    expect(printed).toContain("[redacted] [redacted] []")
    expect(printed).not.toMatch(/value-of-\d/)
  })

  test("all that is missing is one failure, with what is wrong of each", async () => {
    setAws({ endpoint: url, ...users.reader })
    const secrets: SecretDelivery[] = [
      fromSsm("ANTHROPIC_API_KEY", name(1)),
      fromSsm("GONE", "/x/gone"),
      { name: "UNSET", use: "agent", from: "env" },
    ]
    const { outcome } = await rig.run(rig.payload({ secrets }))
    expect(outcome).toMatchObject({
      failure: { kind: "secret-missing", names: ["GONE", "UNSET"], detail: "GONE: there is no parameter /x/gone in AWS SSM." },
    })
    setAws({ endpoint: url, ...users.stranger })
    const denied = await rig.run(rig.payload({ secrets }))
    expect(denied.outcome).toMatchObject({
      failure: {
        kind: "secret-missing",
        names: ["ANTHROPIC_API_KEY", "GONE", "UNSET"],
        detail: expect.stringMatching(/ANTHROPIC_API_KEY: AWS does not let the worker's role read .*S1/),
      },
    })
  })
})

describe("against a stand-in that checks no signature", () => {
  let server: Server
  let url = ""
  let asked: string[][] = []
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = ""
      request.on("data", (chunk: Buffer) => (body += chunk.toString()))
      request.on("end", () => {
        const { Names, WithDecryption }: { Names: string[]; WithDecryption: boolean } = JSON.parse(body)
        asked.push(Names)
        const fails = request.headers["x-amz-target"] !== "AmazonSSM.GetParameters" || !WithDecryption || Names.length > 10
        const closed = Names.find((one) => one.includes("closed"))
        response.setHeader("content-type", "application/x-amz-json-1.1")
        if (fails) return void response.writeHead(400).end('{"__type":"ValidationException","message":"shape"}')
        if (closed !== undefined)
          return void response
            .writeHead(400)
            .end(JSON.stringify({ __type: "AccessDeniedException", message: `not authorized on ${closed}` }))
        response.end(JSON.stringify({ Parameters: Names.map(asAws), InvalidParameters: [] }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
  })
  afterAll(() => void server.close())
  beforeEach(() => (asked = []))

  test("one closed parameter makes AWS refuse its whole batch: the others are read all the same", async () => {
    setAws({ endpoint: url })
    const names = ["a", "closed", ...Array.from({ length: 10 }, (_, index) => `n${index}`)]
    const found = await readParameters(names, never)
    expect(found.get("closed")).toEqual({ kind: "denied", detail: "AccessDeniedException: not authorized on closed" })
    expect([...found].filter(([, { kind }]) => kind === "value").map(([one]) => one)).toEqual(names.filter((one) => one !== "closed"))
    expect(asked.map((batch) => batch.length)).toEqual([10, ...Array.from({ length: 10 }, () => 1), 2])
  })

  test("an answer is found by the ARN and by the label that was asked for", async () => {
    setAws({ endpoint: url })
    const arn = `arn:aws:ssm:${REGION}:123456789012:parameter/shared`
    const found = await readParameters([arn, `${arn}:4`, "/x:live"], never)
    expect([...found.values()]).toEqual([arn, `${arn}:4`, "/x:live"].map((one) => ({ kind: "value", value: `v${one}` })))
  })

  test("without credentials, a region or an answer it is unreachable", async () => {
    setAws({ endpoint: "http://127.0.0.1:1" })
    expect((await readParameters(["a"], never)).get("a")).toMatchObject({
      kind: "unreachable",
      detail: expect.stringContaining("ECONNREFUSED"),
    })
    setAws({ endpoint: url })
    delete process.env["AWS_ACCESS_KEY_ID"]
    expect((await readParameters(["a"], never)).get("a")).toMatchObject({
      kind: "unreachable",
      detail: expect.stringContaining("Credentials"),
    })
    setAws({ endpoint: url })
    delete process.env["AWS_REGION"]
    expect((await readParameters(["a"], never)).get("a")).toMatchObject({ kind: "unreachable", detail: expect.stringContaining("egion") })
  })

  test("a stop ends the reading", async () => {
    setAws({ endpoint: url })
    await expect(readParameters(["a"], AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped")
  })
})

/** Name, ARN and selector apart, as the API's reference has it. */
function asAws(asked: string): object {
  const [, arn, path = asked, selector] = /^(arn:aws:ssm:[^/]*)?(.*?)(:[^:/]+)?$/.exec(asked) ?? []
  return {
    Name: path,
    Value: `v${asked}`,
    ...(arn === undefined ? {} : { ARN: `${arn}${path}` }),
    ...(selector === undefined ? {} : { Selector: selector }),
  }
}
