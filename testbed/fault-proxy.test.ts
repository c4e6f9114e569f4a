import { createServer, type Server } from "node:http"
import { gzipSync } from "node:zlib"
import { afterEach, beforeEach, expect, test } from "vitest"
import { type Fault, type FaultProxy, FAULTS, seeded, startFaultProxy } from "./fault-proxy.ts"

let server: Server
let proxy: FaultProxy
let arrived: string[] = []

beforeEach(async () => {
  arrived = []
  server = createServer((request, reply) => {
    const parts: Buffer[] = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      arrived.push(Buffer.concat(parts).toString())
      reply.writeHead(200, { "content-type": "text/plain" }).end("a long enough answer")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  proxy = await startFaultProxy({ target: () => portOf(server) })
})
afterEach(async () => {
  await proxy.close()
  await new Promise((resolve) => server.close(resolve))
})

const portOf = (listening: Server) => {
  const address = listening.address()
  return typeof address === "object" && address ? address.port : 0
}
const ask = async (body: string) => {
  const reply = await fetch(proxy.url, { method: "POST", body })
  return `${reply.status} ${await reply.text()}`
}
const suffer = (fault: Fault) => proxy.set({ rate: 1, random: seeded(1), only: [fault] })

const OUTCOMES = {
  drop: { seen: [], answer: null },
  "lost-answer": { seen: ["a"], answer: null },
  "cut-answer": { seen: ["a"], answer: null },
  duplicate: { seen: ["a", "a"], answer: "200 a long enough answer" },
  delay: { seen: ["a"], answer: "200 a long enough answer" },
  error: { seen: [], answer: "503 <h1>Service Unavailable</h1>" },
  reorder: { seen: [], answer: null },
} as const satisfies Record<Fault, { seen: readonly string[]; answer: string | null }>

test.each(FAULTS)("%s", async (fault) => {
  suffer(fault)
  expect(await ask("a").catch(() => null)).toBe(OUTCOMES[fault].answer)
  expect(arrived).toEqual(OUTCOMES[fault].seen)
  expect(proxy.counts[fault]).toBe(1)
})

test("what was held back arrives behind the next request, once", async () => {
  suffer("reorder")
  await ask("first").catch(() => null)
  proxy.set({ rate: 0, random: seeded(1) })
  expect(await ask("second")).toContain("200")
  expect(await ask("third")).toContain("200")
  expect(arrived).toEqual(["second", "first", "third"])
})

test("what is sent can be changed on its way, packed or not", async () => {
  proxy.set({ rate: 0, random: seeded(1), rewrite: (body) => body.replace("good", "bad") })
  await ask("good one")
  await fetch(proxy.url, { method: "POST", body: gzipSync("good two"), headers: { "content-encoding": "gzip" } })
  expect(arrived).toEqual(["bad one", "bad two"])
})
