// The proof of where a worker runs, made by a real worker process and sent to AWS's stand-in as the control plane would.
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { identityRequest, signedIdentityRequest } from "#contract/proof.ts"
import type { ProofAudience } from "#contract/proof.ts"
import { proofSchema } from "#contract/worker.schema.ts"
import { buildWorker } from "../build.ts"
import { startFakeControlPlane } from "./fake-control-plane.ts"
import type { FakeControlPlane } from "./fake-control-plane.ts"
import { hasMoto, NO_MOTO, REGION, startMoto } from "./moto.ts"
import type { Moto } from "./moto.ts"
import { listen, logLines, start } from "./processes.ts"
import { FINISHED, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

const TASK = `arn:aws:ecs:${REGION}:123456789012:task/viberators/0123456789abcdef0123456789abcdef`
let rig: Rig
let bundle: string
beforeAll(async () => {
  rig = await startRig()
  rig.agent(FINISHED)
  bundle = await buildWorker(fileURLToPath(new URL("../..", import.meta.url)))
})
afterAll(() => rig.close())

/** A research job to its end; answers the claim's compute, and everything that the worker and its transcript said. */
async function claimOf(aws: Record<string, string>) {
  const { secrets = [], ...payload } = rig.payload({ job: { ...rig.payload().job, kind: "research" } })
  const plane: FakeControlPlane = await startFakeControlPlane({ payload, secrets })
  const metadata = await listen((_request, response) => response.end(JSON.stringify({ TaskARN: TASK })))
  const { code, stderr } = await start([process.execPath, bundle], {
    PATH: rig.env().path,
    HOME: rig.folder,
    VIBERATOR_WORK_DIR: rig.env().workDirectory,
    VIBERATOR_JOB_ID: payload.job.id,
    VIBERATOR_ATTEMPT: "1",
    CONTROL_PLANE_URL: plane.url,
    VIBERATOR_LAUNCH_TOKEN: "vl_test_1_nonce_mac",
    ECS_CONTAINER_METADATA_URI_V4: metadata.url,
    AWS_EC2_METADATA_DISABLED: "true",
    ...aws,
  }).ended
  metadata.close()
  await plane.close()
  expect(code, stderr).toBe(0)
  const [claim] = plane.claims
  const claimed: ProofAudience = { controlPlaneUrl: plane.url, jobId: payload.job.id, attempt: 1 }
  return { compute: claim?.compute, claimed, stderr, told: stderr + JSON.stringify(plane.events) + JSON.stringify(plane.results) }
}

describe("against moto", () => {
  let moto: Moto
  let role: Record<string, string> = {}
  beforeAll(async () => {
    if (!hasMoto) return
    moto = await startMoto()
    role = await moto.role("viberator-task", "0123456789abcdef")
    await moto.checkRights()
  }, 60_000)
  afterAll(() => {
    if (hasMoto) moto.close()
  })
  beforeEach(({ skip }) => {
    skip(!hasMoto, NO_MOTO)
  })

  /** What the control plane does with a proof. */
  async function ask(proof: string | undefined, claim: ProofAudience): Promise<{ status: number; text: string }> {
    const parsed = proofSchema.parse(JSON.parse(proof ?? ""))
    const { url, ...request } = signedIdentityRequest(identityRequest({ region: parsed.region, claim, endpoint: moto.url }), parsed)
    const reply = await fetch(url, request)
    return { status: reply.status, text: await reply.text() }
  }

  test("a task signs with its role, from the credentials endpoint of its container, for this attempt alone", async () => {
    const asked: (string | undefined)[] = []
    const credentials = await listen((request, response) => {
      asked.push(request.headers.authorization)
      response.setHeader("content-type", "application/json")
      response.end(
        JSON.stringify({ ...role, Expiration: new Date(Date.now() + 3_600_000).toISOString(), RoleArn: "arn:aws:iam::1:role/x" }),
      )
    })
    const { compute, claimed, told } = await claimOf({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${credentials.url}/role`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "of-the-container",
      AWS_ENDPOINT_URL_STS: moto.url,
    })
    credentials.close()
    expect(asked).toEqual(["of-the-container"])
    expect(compute).toMatchObject({ kind: "ecs", id: TASK })
    const answer = await ask(compute?.proof, claimed)
    expect(answer.text).toContain(":assumed-role/viberator-task/0123456789abcdef</Arn>")
    expect(answer.status).toBe(200)
    for (const other of [{ attempt: 2 }, { jobId: "job_other" }, { controlPlaneUrl: "https://other.test" }])
      expect((await ask(compute?.proof, { ...claimed, ...other })).status).toBe(403)
    const { authorization, securityToken = "" } = proofSchema.parse(JSON.parse(compute?.proof ?? ""))
    for (const secret of [role["SecretAccessKey"] ?? "", role["Token"] ?? "", securityToken, authorization.split("=").at(-1) ?? ""]) {
      expect(secret.length).toBeGreaterThan(16)
      expect(told).not.toContain(secret)
    }
  })
})

test("without credentials the claim goes without a proof, and the log says so", async () => {
  const { compute, stderr } = await claimOf({})
  expect(compute).toEqual({ kind: "ecs", id: TASK })
  expect(logLines(stderr)).toContainEqual(expect.objectContaining({ level: "warn", event: "no-proof" }))
})

test("credentials that do not come are not waited for longer than five seconds", async () => {
  const silent = await listen(() => {})
  const from = Date.now()
  const { compute } = await claimOf({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${silent.url}/role` })
  expect(compute?.proof).toBeUndefined()
  expect(Date.now() - from).toBeLessThan(15_000)
  silent.close()
})

test("the request goes to the region's own endpoint, also in China", () => {
  const claim = { controlPlaneUrl: "https://v.test/", jobId: "job_1", attempt: 1 }
  expect(identityRequest({ region: "eu-central-1", claim })).toMatchObject({
    url: "https://sts.eu-central-1.amazonaws.com/",
    headers: { "x-viberglass-claim": "https://v.test job_1 1" },
  })
  expect(identityRequest({ region: "cn-north-1", claim }).url).toBe("https://sts.cn-north-1.amazonaws.com.cn/")
})
