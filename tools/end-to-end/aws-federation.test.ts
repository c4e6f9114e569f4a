import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { decodeProtectedHeader } from "jose"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { Clanker } from "#contract/clankers.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { AwsCheck } from "#contract/settings.ts"
import type { Ticket } from "#contract/tickets.ts"
import { hasMoto, type LocalAws, NO_MOTO, startAws } from "../../testbed/aws.ts"
import { controlPlanePolicy, ROLES } from "../../testbed/aws-policies.ts"
import { type Api, createApi } from "../api.ts"
import { build } from "../build.ts"
import { type ControlPlane, freePort, serve } from "../serve.ts"

// A control plane without any key of AWS: what it may do there it does in a role that AWS lends it for a token, which the
// stand-in checks against the keys that this control plane serves.

let aws: LocalAws
let state: string
let port: number
let control: ControlPlane | null = null
let token: string | null = null
let provider: string

const pem = () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString()
const [k1, k2] = [pem(), pem()]
const LENT = "viberglass-local-control-plane/viberglass-"

beforeAll(async () => {
  if (!hasMoto) return
  build()
  state = mkdtempSync(join(tmpdir(), "viberglass-federation-"))
  port = await freePort()
  aws = await startAws()
  await aws.tasks("hold")
  await aws.checkRights(true)
})
afterAll(async () => {
  await control?.close()
  await aws?.close()
  if (state) rmSync(state, { recursive: true, force: true })
})

/** Another start of the same installation, with these keys and nothing kept in memory. */
async function restart(current: string, keys: Record<string, string>, over: Record<string, string> = {}): Promise<Api> {
  await control?.close()
  const { made } = aws
  const managed = {
    ...{ region: made.region, cluster: made.clusterArn, executionRoleArn: made.executionRoleArn, taskRoleArn: made.taskRoleArn },
    ...{ lambdaRoleArn: made.lambdaRoleArn, subnetIds: made.subnetIds, securityGroupIds: made.securityGroupIds },
    assignPublicIp: true,
  }
  control = await serve({
    ...{ state, port },
    vars: {
      ...{ AWS_REGION: made.region, AWS_ENDPOINT_URL: aws.url, MANAGED_DEFAULTS: JSON.stringify(managed) },
      ...{ AWS_ROLE_ARN: ROLES.control, AWS_OIDC_KEYS: JSON.stringify({ current, keys }) },
      ...over,
    },
  })
  token ??= (await control.createAdmin("admin@example.test")).token
  await aws.forgetCalls()
  return createApi(control.url, token)
}
async function credentials(api: Api): Promise<AwsCheck | undefined> {
  const { checks } = await api.post<{ checks: AwsCheck[] }>("/api/settings/aws-checks", {})
  return checks.find(({ name }) => name === "credentials")
}
const health = async (api: Api) => (await api.get<{ checks: { aws: string } }>("/health")).checks.aws
/** Which keys have signed what AWS was shown since the start. */
const signedWith = async () =>
  (await aws.calls())
    .filter(({ action }) => action === "AssumeRoleWithWebIdentity")
    .map(({ params }) => decodeProtectedHeader(String(params["WebIdentityToken"])).kid)

async function startClanker(api: Api): Promise<{ project: Project; clanker: Clanker }> {
  const project = await api.post<Project>("/api/projects", { name: "Lent", repositoryUrl: "https://forge.test/acme/demo" })
  const body = { name: "OPENAI_API_KEY", location: "database", value: "value-0123456789", projectId: project.id }
  const secret = await api.post<Secret>("/api/secrets", body)
  const clanker = await api.post<Clanker>("/api/clankers", {
    ...{ name: "on ECS", agent: "opencode", secretIds: [secret.id] },
    deploymentConfig: { computeType: "ecs", containerImage: aws.made.image },
  })
  await api.patch(`/api/projects/${project.id}`, { defaultClankerId: clanker.id })
  await api.put(`/api/clankers/${clanker.id}/deployment`, {})
  return { project, clanker: await api.deployed(clanker.id) }
}

describe("against moto", () => {
  beforeEach(({ skip }) => skip(!hasMoto, NO_MOTO))

  it("without a provider in IAM AWS lends nothing, and a sentence says where to look", async () => {
    const api = await restart("k1", { k1 })
    expect(await health(api)).toBe("role, not used yet")
    expect(await credentials(api)).toMatchObject({
      ...{
        state: "denied",
        message: expect.stringMatching(/No OpenIDConnect provider found .*check IAM's identity provider for PUBLIC_URL/),
      },
    })
    expect(await health(api)).toBe("role, refused")
  })

  it("with provider and role a clanker starts and a job's task is launched, with no key of AWS anywhere", async () => {
    provider = await aws.lendTo(`http://127.0.0.1:${port}`)
    const api = await restart("k1", { k1 })
    expect(await credentials(api)).toMatchObject({ state: "ready", message: expect.stringContaining(`${LENT}local`) })
    expect(await health(api)).toMatch(/^role, \d+ s old, ends in 3[56]\d\d s$/)
    const { project, clanker } = await startClanker(api)
    expect(clanker).toMatchObject({
      status: "active",
      deployment: { facts: { family: expect.stringMatching(/^viberator-/), revision: 1 } },
    })
    const ticket = await api.post<Ticket>("/api/tickets", { projectId: project.id, title: "Umlauts", description: "Slugs lose them." })
    const { job } = await api.post<{ job: Job }>(`/api/tickets/${ticket.id}/phases/research/runs`, {})
    const launched = async () => (await aws.calls()).filter(({ action, params }) => action === "RunTask" && params["startedBy"] === job.id)
    await expect.poll(launched, { timeout: 20_000 }).toHaveLength(1)
    await expect.poll(async () => (await api.get<Job>(`/api/jobs/${job.id}`)).status, { timeout: 20_000 }).toBe("launching")
    expect(await signedWith()).toEqual(["k1"])
    expect((await aws.calls()).flatMap(({ problems }) => problems)).toEqual([])
  })

  it("what the role's policy lacks is denied to its session, by name", async () => {
    const api = await restart("k1", { k1 })
    await aws.setRolePolicy(ROLES.control, controlPlanePolicy("ecs:DescribeClusters"))
    const { checks } = await api.post<{ checks: AwsCheck[] }>("/api/settings/aws-checks", {})
    await aws.setRolePolicy(ROLES.control, controlPlanePolicy())
    const denied = expect.stringMatching(`assumed-role/${LENT}local is not authorized to perform: ecs:DescribeClusters`)
    expect(checks.filter(({ state }) => state === "denied")).toEqual([{ name: "cluster", state: "denied", message: denied }])
  })

  it.each([
    ["a key that is published and does not sign yet", "k1", { k1, k2 }],
    ["the new key signing", "k2", { k1, k2 }],
    ["the old key taken out", "k2", { k2 }],
  ])("a rotation goes on with %s", async (_, current, keys) => {
    const api = await restart(current, keys)
    expect(await credentials(api)).toMatchObject({ state: "ready" })
    expect(await signedWith()).toEqual([current])
    const jwks = await api.get<{ keys: { kid: string }[] }>("/.well-known/jwks.json")
    expect(jwks.keys.map(({ kid }) => kid)).toEqual(Object.keys(keys))
  })

  it("another environment of the same issuer gets nothing, and a sentence says why", async () => {
    const api = await restart("k2", { k2 }, { ENVIRONMENT: "dev" })
    expect(await credentials(api)).toMatchObject({
      ...{ state: "denied", message: expect.stringMatching(/Not authorized to perform sts:AssumeRoleWithWebIdentity.*ENVIRONMENT/) },
    })
  })

  it("a provider that is taken away ends it at the next loan", async () => {
    await aws.form("iam", { Action: "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn: provider })
    const api = await restart("k2", { k2 })
    expect(await credentials(api)).toMatchObject({ state: "denied", message: expect.stringContaining("No OpenIDConnect provider") })
  })
})
