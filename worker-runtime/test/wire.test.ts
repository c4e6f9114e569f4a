// This worker at servers of other releases: what they answered is recorded in testbed/wire/.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest"
import { ACCEPTED_PROTOCOLS, EXIT } from "#contract/worker.ts"
import { readWire, type Talk } from "../../testbed/wire.ts"
import { createLog } from "../log.ts"
import { onlineLine } from "../platform/online.ts"
import { createRedactor } from "../redact.ts"
import { run } from "../run.ts"
import { type FakeControlPlane, refusal, startFakeControlPlane } from "./fake-control-plane.ts"
import { FINISHED, type Rig, startRig, TOKEN } from "./rig.ts"

let rig: Rig
let plane: FakeControlPlane
beforeAll(async () => {
  rig = await startRig()
  rig.agent(`echo '{"type":"assistant","message":{"content":[{"type":"text","text":"hello"}]}}'; ${FINISHED}`)
})
afterAll(() => rig.close())
afterEach(() => plane.close())

/** The recorded claim's reply, for the forge of this test. */
function offerOf({ claimReply: { payload, secrets } }: Talk): { payload: object; secrets: object[] } {
  const url = rig.forge.cloneUrl("acme/demo")
  const named = JSON.stringify({ payload, secrets })
    .replaceAll("https://forge.test/acme/demo.git", url)
    .replaceAll("https://forge.test/api/v3", rig.forge.apiUrl)
    .replaceAll("a-token-of-the-forge", TOKEN)
  return JSON.parse(named)
}

async function work(): Promise<number> {
  const redactor = createRedactor()
  const log = createLog({ redactor, fields: {} })
  const launch = { jobId: "job_wire", attempt: 1, controlPlaneUrl: plane.url, launchToken: "vl_test_1_nonce_mac" }
  const line = onlineLine({ launch, compute: { kind: "process", id: "1" }, redactor, log, now: Date.now, random: () => 0 })
  return run({ line, env: rig.env(), redactor, log, now: Date.now, machine: new AbortController().signal })
}

function ofTheFuture(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ofTheFuture)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries([...Object.entries(value).map(([key, item]) => [key, ofTheFuture(item)]), ["ofTheFuture", { deep: 1 }]])
}

const servers = ACCEPTED_PROTOCOLS.flatMap((protocol) =>
  (["full", "sparse"] as const).flatMap((form) =>
    (
      [
        ["as recorded", (body: unknown) => body],
        ["with fields that this worker does not know", ofTheFuture],
      ] as const
    ).map(([more, reword]) => ({ protocol, form, more, reword })),
  ),
)

describe("a server", () => {
  test.each(servers)("of protocol $protocol, $form, $more: the job is done", async ({ protocol, form, reword }) => {
    plane = await startFakeControlPlane(offerOf(readWire(protocol)[form]))
    plane.reword = reword
    expect(await work()).toBe(EXIT.accepted)
    expect(plane.results).toMatchObject([{ outcome: { status: "succeeded", document: "All done." } }])
  })

  test("that does not speak this worker's protocol: told once, no work, the exit code of a defect", async () => {
    plane = await startFakeControlPlane(offerOf(readWire(1).full))
    plane.intercept = () => refusal(426, "protocol.unsupported")
    expect(await work()).toBe(EXIT.internal)
    expect(plane.calls.map(({ path }) => path)).toEqual(["/claim"])
  })

  test("that gives work of a protocol that this worker does not speak is told so", async () => {
    const { payload, secrets } = offerOf(readWire(1).full)
    plane = await startFakeControlPlane({ payload: { ...payload, protocol: 99 }, secrets })
    expect(await work()).toBe(EXIT.accepted)
    expect(plane.results).toMatchObject([{ outcome: { status: "failed", failure: { kind: "protocol-unsupported", step: "receive" } } }])
  })
})

test("what this worker says of itself is what is recorded of its protocol", async () => {
  const { full } = readWire(ACCEPTED_PROTOCOLS[0] ?? 0)
  plane = await startFakeControlPlane(offerOf(full))
  expect(await work()).toBe(EXIT.accepted)
  const [said = {}] = plane.claims
  expect(Object.keys({ ...full.claim, sessionHash: "" })).toEqual(expect.arrayContaining(Object.keys(said)))
  const fieldsOf = new Map(full.events.events.map((event) => [event["kind"], Object.keys(event)]))
  for (const event of plane.events) expect(fieldsOf.get(event.kind)).toEqual(expect.arrayContaining(Object.keys(event)))
  const { outcome } = full.result
  const [result] = plane.results
  expect(Object.keys(Object(outcome))).toEqual(expect.arrayContaining(Object.keys(result?.outcome ?? {})))
})
