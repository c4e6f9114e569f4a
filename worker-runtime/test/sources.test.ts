// Where the payload of a worker without a control plane comes from, and what is said when it cannot be had.
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { Server, ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { readPayload, Unreadable } from "../platform/payload.ts"
import type { PayloadDoors } from "../platform/payload.ts"
import { readObject } from "../platform/s3.ts"
import { hasMoto, NO_MOTO, REGION, startMoto } from "./moto.ts"
import type { Key, Moto } from "./moto.ts"

const PAYLOAD = { protocol: 1, prompt: "do it" }
const doors = (change: Partial<PayloadDoors> = {}): PayloadDoors => ({ readObject, ...change })

async function complaintOf(source: string, change: Partial<PayloadDoors> = {}): Promise<[exitCode: number, sentence: string]> {
  try {
    await readPayload(source, doors(change))
  } catch (error) {
    if (error instanceof Unreadable) return [error.exitCode, error.message]
    throw error
  }
  throw new Error(`${source} was read.`)
}

describe("a file", () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "viberator-sources-"))
    writeFileSync(join(folder, "good.json"), JSON.stringify(PAYLOAD))
    writeFileSync(join(folder, "bad.json"), `{"token": "s3cr3t-value`)
    execFileSync("mkfifo", [join(folder, "pipe")])
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test("is read; and so is the text itself", async () => {
    expect(await readPayload(join(folder, "good.json"), doors())).toEqual(PAYLOAD)
    expect(await readPayload(` ${JSON.stringify(PAYLOAD)}`, doors())).toEqual(PAYLOAD)
  })

  test("that is not there, is none, is too large or is not JSON is told in a sentence", async () => {
    const at = (name: string) => join(folder, name)
    expect(await complaintOf(at("none"))).toEqual([64, `The payload ${at("none")} could not be read: there is no such file.`])
    expect(await complaintOf(folder)).toEqual([64, expect.stringContaining(`The payload ${folder} is no plain file`)])
    expect(await complaintOf(at("pipe"))).toEqual([64, expect.stringContaining("is no plain file")])
    expect(await complaintOf(at("good.json"), { limitBytes: 8 })).toEqual([64, expect.stringContaining("is larger than")])
    expect(await complaintOf(at("bad.json"))).toEqual([64, `The payload ${at("bad.json")} is not JSON.`])
    expect(await complaintOf(`{"token": "s3cr3t-value`)).toEqual([64, "The payload given as text is not JSON."])
  })
})

describe("an address", () => {
  let server: Server
  let url = ""
  let respond: (response: ServerResponse) => void = () => {}
  const signed = "X-Amz-Signature=0123456789abcdef0123456789abcdef"
  beforeAll(async () => {
    server = createServer((_request, response) => respond(response))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/jobs/a.json`
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  const answering = (status: number, headers: Record<string, string> = {}) => {
    respond = (response) => void response.writeHead(status, headers).end("{}")
  }

  test("is read", async () => {
    respond = (response) => void response.end(JSON.stringify(PAYLOAD))
    expect(await readPayload(`${url}?${signed}`, doors())).toEqual(PAYLOAD)
  })

  test.each([
    [401, 64, "was refused"],
    [403, 64, "was refused"],
    [404, 64, "is not there"],
    [307, 64, "leads to another address"],
    [400, 64, "could not be fetched"],
    [429, 69, "could not be fetched"],
    [503, 69, "could not be fetched"],
  ])("that answers %i ends with %i, and a sentence without its query", async (status, exitCode, words) => {
    answering(status, { location: `${url}?elsewhere` })
    const [code, sentence] = await complaintOf(`${url}?${signed}`)
    expect(code).toBe(exitCode)
    expect(sentence).toContain(`The payload ${url} ${words}`)
    expect(sentence).toMatch(new RegExp(`\\(HTTP ${status}\\)\\.$`))
  })

  test("that is silent, breaks off, sends too much or is nobody's is told as well", async () => {
    const slow = { readMs: 300 }
    respond = () => {}
    expect(await complaintOf(`${url}?${signed}`, slow)).toEqual([69, `The payload ${url} was not read within 0.3 s.`])
    respond = (response) => void response.writeHead(200, { "content-length": "100" }).write("{")
    expect(await complaintOf(`${url}?${signed}`, slow)).toEqual([69, `The payload ${url} was not read within 0.3 s.`])
    respond = (response) => response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy())
    expect(await complaintOf(`${url}?${signed}`)).toEqual([69, expect.stringContaining(`The payload ${url} broke off`)])
    const limitBytes = 1024 * 1024
    const tooLarge = [64, `The payload ${url} is larger than 1 MiB.`]
    respond = (response) => void response.writeHead(200, { "content-length": String(limitBytes + 1) }).write("{")
    expect(await complaintOf(`${url}?${signed}`, { limitBytes })).toEqual(tooLarge)
    respond = (response) => void response.end("x".repeat(limitBytes + 1))
    expect(await complaintOf(`${url}?${signed}`, { limitBytes })).toEqual(tooLarge)
    expect(await complaintOf(`http://127.0.0.1:1/a?${signed}`)).toEqual([
      69,
      expect.stringMatching(/^The payload http:\/\/127\.0\.0\.1:1\/a could not be fetched: \w+/),
    ])
    expect(await complaintOf(`https://nowhere.invalid/a?${signed}`)).toEqual([69, expect.stringContaining("ENOTFOUND")])
  })

  test("goes out encrypted or not at all, and without a password in it", async () => {
    expect(await complaintOf(`http://example.test/a?${signed}`)).toEqual([64, expect.stringContaining("would travel unencrypted")])
    expect(await complaintOf("https://me:hidden-word@example.test/a")).toEqual([
      64,
      "The payload https://example.test/a has a user or a password in its address.",
    ])
    expect(await complaintOf("https://[")).toEqual([64, "The payload's address is not a URL."])
  })
})

describe("against moto", () => {
  let moto: Moto
  let reader: Key
  let stranger: Key
  const names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_S3", "AWS_EC2_METADATA_DISABLED"]
  const as = ({ id, secret }: Key, endpoint = moto.url) => {
    Object.assign(process.env, {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_EC2_METADATA_DISABLED: "true",
    })
  }
  beforeAll(async () => {
    if (!hasMoto) return
    moto = await startMoto()
    const client = new S3Client({ region: REGION, endpoint: moto.url, credentials: { accessKeyId: "test", secretAccessKey: "test" } })
    const location = { LocationConstraint: REGION } as const
    await client.send(new CreateBucketCommand({ Bucket: "payloads", CreateBucketConfiguration: location }))
    await client.send(new PutObjectCommand({ Bucket: "payloads", Key: "jobs/a b.json", Body: JSON.stringify(PAYLOAD) }))
    await client.send(new PutObjectCommand({ Bucket: "payloads", Key: "large", Body: `"${"x".repeat(2000)}"` }))
    client.destroy()
    reader = await moto.user("reader", ["s3:GetObject"])
    stranger = await moto.user("stranger", ["s3:ListBucket"])
    await moto.checkRights()
  }, 60_000)
  afterAll(() => {
    if (hasMoto) moto.close()
  })
  beforeEach(({ skip }) => {
    skip(!hasMoto, NO_MOTO)
  })
  afterEach(() => {
    for (const name of names) delete process.env[name]
  })

  test("an object of S3 is read with the machine's own role", async () => {
    as(reader)
    expect(await readPayload("s3://payloads/jobs/a b.json", doors())).toEqual(PAYLOAD)
  })

  test("one that is not there, too large, or not allowed is told in a sentence", async () => {
    as(reader)
    expect(await complaintOf("s3://payloads/none")).toEqual([64, "The payload s3://payloads/none is not there (NoSuchKey)."])
    expect(await complaintOf("s3://nowhere/none")).toEqual([64, "The payload s3://nowhere/none is not there (NoSuchBucket)."])
    expect(await complaintOf("s3://payloads/large", { limitBytes: 1024 })).toEqual([64, expect.stringContaining("is larger than")])
    expect(await complaintOf("s3://payloads")).toEqual([64, expect.stringContaining("it is to be s3://bucket/key")])
    as(stranger)
    const denied = /^AWS does not let this machine read the payload s3:\/\/payloads\/large \((AccessDenied|403)\)/
    expect(await complaintOf("s3://payloads/large")).toEqual([64, expect.stringMatching(denied)])
    as({ id: reader.id, secret: "wrong" })
    expect(await complaintOf("s3://payloads/large")).toEqual([64, expect.stringContaining("SignatureDoesNotMatch")])
  })

  test("without an answer or credentials it is unreachable, and a silent S3 is not waited for", async () => {
    as(reader, "http://127.0.0.1:1")
    expect(await complaintOf("s3://payloads/large")).toEqual([69, expect.stringContaining("ECONNREFUSED")])
    as(reader)
    delete process.env["AWS_ACCESS_KEY_ID"]
    expect(await complaintOf("s3://payloads/large")).toEqual([69, expect.stringContaining("redentials")])
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
    const address = silent.address()
    as(reader, `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`)
    expect(await complaintOf("s3://payloads/large", { readMs: 500 })).toEqual([
      69,
      "The payload s3://payloads/large was not read within 0.5 s.",
    ])
    silent.close()
    silent.closeAllConnections()
  })
})
