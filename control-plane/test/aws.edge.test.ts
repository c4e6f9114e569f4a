import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { Clanker } from "#contract/clankers.ts"
import type { ErrorReply } from "#contract/errors.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { overrides } from "../context.ts"
import { overheard } from "./counted-database.ts"
import {
  accessChecks,
  ACCOUNT,
  fakeAws,
  type FakeAws,
  identity,
  ISSUER,
  issuerKeys,
  leaveAws,
  lendingSts,
  MANAGED,
  pemKey,
  refusal,
  REGION,
  runTaskOf,
  SEEDS,
  TASK_ID,
  useAws,
  verified,
} from "./fake-aws.ts"
import {
  type Answer,
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  env,
  fakeWorker,
  logged,
  ok,
  ORIGIN,
  send,
  setUp,
  startResearch,
} from "./harness.ts"

let admin: Caller
let aws: FakeAws

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  await connectHost(admin)
})
beforeEach(() => {
  aws = fakeAws()
  useAws(aws)
})
afterEach(() => {
  leaveAws()
  delete overrides.now
})

const save = (deploymentConfig: object) =>
  ok(admin<Clanker>("POST", "/api/clankers", { name: "on AWS", agent: "opencode", deploymentConfig }))
const start = async (deploymentConfig: object) => admin("PUT", `/api/clankers/${(await save(deploymentConfig)).id}/deployment`, {})
const refusedFields = ({ status, body }: Answer<ErrorReply>) => ({ status, code: body.error.code, fields: body.error.detail?.["fields"] })

describe("a start", () => {
  it("refuses by name what is missing or is not one of AWS's ids, before AWS hears of it", async () => {
    expect(refusedFields(await start(SEEDS.lambda))).toEqual({
      ...{ status: 422, code: "deployment.incomplete" },
      fields: {
        "deploymentConfig.vpcConfig.subnetIds": expect.stringContaining('"subnet-..." is not subnet-'),
        "deploymentConfig.vpcConfig.securityGroupIds": expect.stringContaining('"sg-..." is not sg-'),
      },
    })
    delete overrides.variables?.MANAGED_DEFAULTS
    expect(refusedFields(await start(SEEDS.ecs))).toEqual({
      ...{ status: 422, code: "deployment.incomplete" },
      fields: { "deploymentConfig.subnetIds": expect.any(String), "deploymentConfig.securityGroupIds": expect.any(String) },
    })
    expect(aws.asked).toEqual([])
  })

  it("says so when this control plane has no credentials", async () => {
    overrides.variables = { MANAGED_DEFAULTS: JSON.stringify(MANAGED) }
    const answer = await start({ computeType: "ecs", containerImage: "registry.test/worker:1" })
    expect(refusedFields(answer)).toMatchObject({ status: 422, fields: { credentials: expect.stringContaining("AWS_ROLE_ARN") } })
    expect(await accessChecks(admin)).toEqual({ credentials: { state: "missing", message: expect.stringContaining("AWS_ROLE_ARN") } })
  })
})

describe("a claim from AWS", () => {
  let launch: Record<string, string>
  let job: Job

  beforeEach(async () => {
    const { project } = await createStage(admin, `P${Math.random()}`, {}, { computeType: "ecs", containerImage: "registry.test/worker:1" })
    job = (await startResearch(admin, project.id)).job
    const { env: values, startedBy, clientToken } = await runTaskOf(aws, job.id)
    expect({ startedBy, clientToken }).toEqual({ startedBy: job.id, clientToken: `${job.id}-1-1` })
    launch = values
    aws.asked.length = 0
  })

  const signature = (signedHeaders = "content-type;host;x-amz-date;x-viberglass-claim") =>
    `AWS4-HMAC-SHA256 Credential=ASIA/20260101/${REGION}/sts/aws4_request, SignedHeaders=${signedHeaders}, Signature=${"a".repeat(64)}`
  const proof = (over: object = {}) =>
    JSON.stringify({ region: REGION, authorization: signature(), date: "20260101T000000Z", securityToken: "t", ...over })
  const claim = async (proofText?: string) => {
    const compute = {
      kind: "ecs",
      id: `arn:aws:ecs:${REGION}:123456789012:task/workers/${TASK_ID}`,
      ...(proofText === undefined ? {} : { proof: proofText }),
    }
    return (await fakeWorker(launch)).claim({ compute })
  }

  it("is answered when STS knows the task's own session, and STS alone is asked", async () => {
    expect(await claim(proof())).toMatchObject({ status: 200, body: { payload: { job: { id: job.id } } } })
    expect(aws.asked.map(({ url, redirect }) => [url, redirect])).toEqual([[`https://sts.${REGION}.amazonaws.com/`, "manual"]])
    expect(aws.asked[0]?.headers.get("x-viberglass-claim")).toBe(`${ORIGIN} ${job.id} 1`)
  })

  it.each([
    ["none at all", undefined, null, /no proof/],
    ["something that is not one", "https://169.254.169.254/latest/meta-data", null, /not a signature/],
    ["a region that is an address", proof({ region: "evil.test/x" }), null, /not a signature/],
    ["a signature for anybody", proof({ authorization: signature("host;x-amz-date") }), null, /not bound/],
    [
      "another account's",
      proof(),
      () => identity(`arn:aws:sts::999999999999:assumed-role/task/${TASK_ID}`, "999999999999"),
      /account 999999999999/,
    ],
    ["another role's", proof(), () => identity(`arn:aws:sts::123456789012:assumed-role/other/${TASK_ID}`), /another role/],
    ["another task's", proof(), () => identity(`arn:aws:sts::123456789012:assumed-role/task/${"f".repeat(32)}`), /another worker/],
    ["a signature that STS refuses", proof(), () => refusal(403, "SignatureDoesNotMatch"), /SignatureDoesNotMatch/],
  ])("is refused with %s, and the job still waits for its own worker", async (_, text, sts, why) => {
    if (sts) aws.answers["GetCallerIdentity"] = sts
    expect(await claim(text)).toMatchObject({
      status: 403,
      body: { error: { code: "auth.forbidden", message: expect.stringMatching(why) } },
    })
    expect(await ok(admin<Job>("GET", `/api/jobs/${job.id}`))).toMatchObject({ status: "launching" })
    delete aws.answers["GetCallerIdentity"]
    expect((await claim(proof())).status).toBe(200)
    expect(logged.join()).toContain("claim.not-proven")
  })

  it("may be repeated when STS does not answer", async () => {
    aws.answers["GetCallerIdentity"] = () => refusal(503, "ServiceUnavailable")
    expect(await claim(proof())).toMatchObject({ status: 502, body: { error: { code: "outside.failed" } } })
    delete aws.answers["GetCallerIdentity"]
    expect((await claim(proof())).status).toBe(200)
  })
})

describe("credentials without a stored key", () => {
  const HOUR = 3_600_000
  const role = {
    AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/control-plane",
    ...{ AWS_REGION: REGION, PUBLIC_URL: ISSUER },
  }
  const health = async () => (await (await send(new Request(`${ORIGIN}/health`))).json<{ checks: { aws: string } }>()).checks.aws
  const tokens = () =>
    aws.asked
      .filter(({ action }) => action === "AssumeRoleWithWebIdentity")
      .map(({ body }) => new URLSearchParams(body).get("WebIdentityToken") ?? "")
  let now: number

  beforeEach(() => {
    now = Date.now()
    overrides.now = () => now
    aws.answers["AssumeRoleWithWebIdentity"] = lendingSts({ lifeMs: HOUR, now: () => now })
    aws.answers["https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/viberator-access-check"] = () =>
      refusal(404, "ResourceNotFoundException")
    aws.answers["FilterLogEvents"] = () => Response.json({ events: [] })
  })

  it("are lent for a token that our served keys vouch for, kept, renewed five minutes early, and survive a failed renewal", async () => {
    overrides.variables = { ...role, AWS_OIDC_KEYS: issuerKeys("k1", { k1: await pemKey() }) }
    expect(await health()).toBe("role, not used yet")
    expect((await accessChecks(admin))["credentials"]).toMatchObject({ state: "ready" })
    const [lend] = aws.asked
    expect(lend).toMatchObject({ url: `https://sts.${REGION}.amazonaws.com/`, redirect: "manual" })
    expect(lend?.headers.has("authorization")).toBe(false)
    const { payload, protectedHeader } = await verified(tokens()[0] ?? "", now)
    expect(protectedHeader).toMatchObject({ alg: "RS256", kid: "k1" })
    expect(payload).toMatchObject({ iss: ISSUER, sub: "control-plane:local", aud: "sts.amazonaws.com" })
    expect(Number(payload.exp) - Number(payload.iat)).toBeLessThanOrEqual(300)
    now += HOUR - 6 * 60_000
    await accessChecks(admin)
    expect(tokens()).toHaveLength(1)
    now += 2 * 60_000
    const lending = aws.answers["AssumeRoleWithWebIdentity"]
    aws.answers["AssumeRoleWithWebIdentity"] = () => refusal(400, "IDPCommunicationError")
    expect((await accessChecks(admin))["credentials"]).toMatchObject({ state: "ready" })
    expect(await health()).toContain("not renewed")
    if (lending) aws.answers["AssumeRoleWithWebIdentity"] = lending
    await accessChecks(admin)
    expect(await health()).toMatch(/^role, 0 s old, ends in 3600 s$/)
    now += HOUR
    aws.answers["AssumeRoleWithWebIdentity"] = () => refusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    expect((await accessChecks(admin))["credentials"]).toMatchObject({
      state: "denied",
      message: expect.stringContaining("sts:AssumeRoleWithWebIdentity"),
    })
  })

  it("outlive a rotation of the issuer's keys: a new one is published before it signs, an old one after", async () => {
    const [k1, k2] = await Promise.all([pemKey(), pemKey()])
    const signed: string[] = []
    const turn = async (keys: string) => {
      overrides.variables = { ...role, AWS_ROLE_ARN: `${role.AWS_ROLE_ARN}-rotated`, AWS_OIDC_KEYS: keys }
      now += 1000
      const checks = await accessChecks(admin)
      expect(checks["credentials"]).toMatchObject({ state: "ready" })
      signed.push(tokens().at(-1) ?? "")
      return Promise.all(
        signed.map((token) =>
          verified(token, now).then(
            ({ protectedHeader }) => protectedHeader.kid,
            () => "refused",
          ),
        ),
      )
    }
    expect(await turn(issuerKeys("k1", { k1 }))).toEqual(["k1"])
    expect(await turn(issuerKeys("k1", { k1, k2 }))).toEqual(["k1", "k1"])
    expect(await turn(issuerKeys("k2", { k1, k2 }))).toEqual(["k1", "k1", "k2"])
    expect(await turn(issuerKeys("k2", { k2 }))).toEqual(["refused", "refused", "k2", "k2"])
    expect(JSON.stringify(await (await send(new Request(`${ORIGIN}/.well-known/jwks.json`))).json())).not.toMatch(/"[dpq]"/)
  })

  it("are no issuer's where no keys are set", async () => {
    overrides.variables = {}
    expect((await send(new Request(`${ORIGIN}/.well-known/jwks.json`))).status).toBe(404)
    expect(await health()).toBe("not configured")
  })
})

const body = (over: object) => ({ name: `S_${Math.random().toString(36).slice(2).toUpperCase()}`, location: "ssm", ...over })
const sent = (action: string) => aws.asked.filter((one) => one.action === action).map((one) => JSON.parse(one.body))

describe("a secret in SSM", () => {
  it("is written, overwritten and deleted there, and kept nowhere else", async () => {
    const value = "a-value-that-is-nowhere"
    const made = await ok(admin<Secret>("POST", "/api/secrets", body({ value })))
    const path = `/viberator/secrets/local/shared/${made.name}`
    expect(made).toMatchObject({ reference: path, version: 1 })
    expect(sent("PutParameter")).toEqual([
      { Name: path, Value: value, Type: "SecureString", KeyId: "alias/viberglass-local-ssm", Overwrite: true, Tier: "Standard" },
    ])
    expect(await ok(admin<Secret>("PUT", `/api/secrets/${made.id}`, { value: "another-that-is-nowhere" }))).toMatchObject({ version: 2 })
    expect(sent("PutParameter")[1]).toMatchObject({ Name: path, Value: "another-that-is-nowhere" })
    const stored = await env.DB.prepare("SELECT * FROM secrets").all()
    expect(JSON.stringify(stored.results) + logged.join()).not.toContain("that-is-nowhere")
    expect((await admin("DELETE", `/api/secrets/${made.id}`)).status).toBe(204)
    expect(sent("DeleteParameter")).toEqual([{ Name: path }])
  })

  it("is not there when AWS refused it, and stays when AWS keeps it", async () => {
    const input = body({ value: "0123456789" })
    aws.answers["PutParameter"] = () => refusal(400, "AccessDeniedException", "User: x is not authorized to perform: kms:GenerateDataKey")
    expect(await admin("POST", "/api/secrets", input)).toMatchObject({
      ...{ status: 502 },
      body: { error: { code: "outside.failed", message: expect.stringContaining("kms:GenerateDataKey") } },
    })
    delete aws.answers["PutParameter"]
    const made = await ok(admin<Secret>("POST", "/api/secrets", input))
    aws.answers["DeleteParameter"] = () => refusal(400, "ThrottlingException")
    expect((await admin("DELETE", `/api/secrets/${made.id}`)).status).toBe(502)
    expect((await admin("GET", `/api/secrets/${made.id}`)).status).toBe(200)
    aws.answers["DeleteParameter"] = () => refusal(400, "ParameterNotFound")
    expect((await admin("DELETE", `/api/secrets/${made.id}`)).status).toBe(204)
  })

  it("of somebody else is only named: never written, rotated or deleted", async () => {
    const made = await ok(admin<Secret>("POST", "/api/secrets", body({ reference: "/team/theirs" })))
    expect((await admin("PUT", `/api/secrets/${made.id}`, { value: "0123456789" })).status).toBe(422)
    expect((await admin("POST", "/api/secrets", body({ reference: "/team/theirs", value: "0123456789" }))).body.error.detail).toMatchObject(
      {
        fields: { reference: expect.stringContaining("/viberator/secrets/local/") },
      },
    )
    expect((await admin("DELETE", `/api/secrets/${made.id}`)).status).toBe(204)
    expect(aws.asked).toEqual([])
  })

  it("is nobody else's: no other secret reads, writes or deletes it", async () => {
    const { project } = await createStage(admin, `Ours${Math.random()}`)
    const shared = await ok(admin<Secret>("POST", "/api/secrets", body({ value: "0123456789" })))
    aws.asked.length = 0
    const arn = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${shared.reference}`
    for (const over of [{ reference: shared.reference }, { reference: shared.reference, value: "0123456789" }, { reference: arn }])
      expect(refusedFields(await admin("POST", "/api/secrets", body({ ...over, projectId: project.id })))).toMatchObject({
        status: 422,
        fields: { reference: expect.stringContaining(`must be /viberator/secrets/local/${project.id}/S_`) },
      })
    const own = body({ projectId: project.id })
    const reference = `/viberator/secrets/local/${project.id}/${own.name}`
    expect(await ok(admin<Secret>("POST", "/api/secrets", { ...own, reference }))).toMatchObject({ reference })
    expect(aws.asked).toEqual([])
  })

  it("takes a short value after a long one: AWS keeps the parameter advanced for ever", async () => {
    const made = await ok(admin<Secret>("POST", "/api/secrets", body({ value: "v".repeat(5000) })))
    aws.answers["PutParameter"] = ({ body: asked }) =>
      JSON.parse(asked).Tier === "Advanced"
        ? Response.json({})
        : refusal(
            400,
            "ValidationException",
            "You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier.",
          )
    expect(await ok(admin<Secret>("PUT", `/api/secrets/${made.id}`, { value: "0123456789" }))).toMatchObject({ version: 2 })
    expect(sent("PutParameter").at(-1)).toMatchObject({ Value: "0123456789", Tier: "Advanced" })
  })

  it("leaves nothing in AWS when it is deleted while a new value is on its way", async () => {
    const made = await ok(admin<Secret>("POST", "/api/secrets", body({ value: "0123456789" })))
    aws.answers["PutParameter"] = async () => {
      expect((await admin("DELETE", `/api/secrets/${made.id}`)).status).toBe(204)
      return Response.json({})
    }
    expect(await admin("PUT", `/api/secrets/${made.id}`, { value: "abcdefghij" })).toMatchObject({
      status: 409,
      body: { error: { code: "version.stale" } },
    })
    // Once for the deletion, and once for the value that came after it.
    expect(sent("DeleteParameter")).toEqual([{ Name: made.reference }, { Name: made.reference }])
  })

  it("stays when a new value came while it was being deleted", async () => {
    const made = await ok(admin<Secret>("POST", "/api/secrets", body({ value: "0123456789" })))
    aws.answers["DeleteParameter"] = async () => {
      delete aws.answers["DeleteParameter"]
      await ok(admin("PUT", `/api/secrets/${made.id}`, { value: "abcdefghij" }))
      return Response.json({})
    }
    const remove = () => admin("DELETE", `/api/secrets/${made.id}`)
    expect(await remove()).toMatchObject({ status: 409, body: { error: { code: "version.stale" } } })
    expect(await ok(admin<Secret>("GET", `/api/secrets/${made.id}`))).toMatchObject({ version: 2 })
    expect((await remove()).status).toBe(204)
  })

  it.each([
    ["a space that AWS cuts off", (path: string) => ` ${path}`],
    ["a line's end that it cuts off", (path: string) => `${path}\n`],
    ["two slashes", (path: string) => `/${path}`],
    ["two slashes in an ARN", (path: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/${path}`],
    ["an ARN in capitals", (path: string) => `ARN:aws:ssm:${REGION}:${ACCOUNT}:parameter${path}`],
    ["no slash before it", (path: string) => path.slice(1)],
    ["a version", (path: string) => `${path}:1`],
    ["another region's ARN", (path: string) => `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter${path}:1`],
  ])("is nobody else's with %s", async (_, spelt) => {
    const reference = spelt("/viberator/secrets/local/shared/ANOTHERS")
    const refused = await admin("POST", "/api/secrets", body({ reference }))
    expect(refusedFields(refused)).toMatchObject({ status: 422, fields: { reference: expect.stringMatching(/^must be/) } })
  })

  it.each([
    "plain",
    "/team/theirs",
    "/team/theirs:3",
    "/team/theirs:current",
    `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/team/theirs`,
    `arn:aws-cn:ssm:cn-north-1:${ACCOUNT}:parameter/theirs:3`,
    "/aws/reference/secretsmanager/a_name",
  ])("may be the one of others that is called %s", async (reference) => {
    expect(await ok(admin<Secret>("POST", "/api/secrets", body({ reference })))).toMatchObject({ reference })
  })

  it("cannot be written without credentials", async () => {
    overrides.variables = {}
    expect((await admin("POST", "/api/secrets", body({ value: "0123456789" }))).body.error.detail).toMatchObject({
      fields: { value: expect.stringContaining("credentials") },
    })
  })
})

describe("a deleted project's secrets in SSM", () => {
  const path = (projectId: string, name: string) => `/viberator/secrets/local/${projectId}/${name}`
  const value = "0123456789"
  let id: string
  const remove = () => admin("DELETE", `/api/projects/${id}`)
  const store = (over: object) => ok(admin<Secret>("POST", "/api/secrets", { location: "ssm", projectId: id, ...over }))
  const names = async () => {
    const { items } = await ok(admin<{ items: Secret[] }>("GET", `/api/secrets?projectId=${id}`))
    return items.map(({ name }) => name).toSorted()
  }

  beforeEach(async () => {
    const name = `Going${Math.random()}`
    id = (await ok(admin<Project>("POST", "/api/projects", { name, repositoryUrl: "https://forge.test/acme/demo" }))).id
    for (const secret of ["A", "B", "C"]) await store({ name: secret, value })
    await store({ name: "THEIRS", reference: "/team/theirs" })
    await store({ name: "SEALED", location: "database", value })
    await ok(admin("POST", "/api/tickets", { projectId: id, title: "A ticket" }))
    aws.asked.length = 0
  })

  it("go with it; those of others and what is only named stay", async () => {
    await ok(admin("POST", "/api/secrets", body({ value })))
    const shared = aws.asked.splice(0)
    expect(shared).toHaveLength(1)
    expect((await remove()).status).toBe(204)
    expect(sent("DeleteParameter")).toEqual(["A", "B", "C"].map((name) => ({ Name: path(id, name) })))
    expect((await admin("GET", `/api/projects/${id}`)).status).toBe(404)
    const { results } = await env.DB.prepare("SELECT name FROM secrets WHERE scope = ?").bind(id).all()
    expect(results).toEqual([])
  })

  it("keep the project while AWS keeps one: what remains is named, and the next deletion goes on", async () => {
    aws.answers["DeleteParameter"] = ({ body: asked }) =>
      asked.includes(`${id}/B`)
        ? refusal(400, "AccessDeniedException", "User: x is not authorized to perform: ssm:DeleteParameter")
        : Response.json({})
    expect(await remove()).toMatchObject({
      status: 502,
      body: {
        error: {
          code: "outside.failed",
          message: expect.stringMatching(
            /2 of its 3 parameters .*\/B, .*\/C\)\. AWS does not allow ssm:DeleteParameter .* Then delete it again\./,
          ),
          detail: { remains: [path(id, "B"), path(id, "C")], action: "ssm:DeleteParameter" },
        },
      },
    })
    expect(await names()).toEqual(["B", "C", "SEALED", "THEIRS"])
    expect((await ok(admin<{ items: unknown[] }>("GET", `/api/tickets?projectId=${id}`))).items).toHaveLength(1)
    delete aws.answers["DeleteParameter"]
    aws.asked.length = 0
    expect((await remove()).status).toBe(204)
    expect(sent("DeleteParameter")).toEqual([{ Name: path(id, "B") }, { Name: path(id, "C") }])
  })

  it("keep the project when there are no credentials any more", async () => {
    overrides.variables = {}
    expect(await remove()).toMatchObject({ status: 502, body: { error: { message: expect.stringContaining("no credentials for AWS") } } })
    expect((await names()).length).toBe(5)
    expect(await ok(admin<Project>("GET", `/api/projects/${id}`))).toMatchObject({ archivedAt: null })
  })

  it("give no run the time to begin", async () => {
    const { items } = await ok(admin<{ items: { id: string }[] }>("GET", `/api/tickets?projectId=${id}`))
    const codes: string[] = []
    aws.answers["DeleteParameter"] = async () => {
      codes.push((await admin("POST", `/api/tickets/${items[0]?.id}/phases/research/runs`, {})).body.error.code)
      return Response.json({})
    }
    expect((await remove()).status).toBe(204)
    expect(codes).toEqual(["project.archived", "project.archived", "project.archived"])
  })

  it("stay when a run began in the same instant", async () => {
    const begin = env.DB.prepare(
      `INSERT INTO jobs (id, kind, project_id, clanker_id, exclusive, requested_by, spec, status, created_at, updated_at)
       VALUES (?1, 'research', ?2, 'clk_1', ?1, 'usr_1', '{}', 'queued', 0, 0)`,
    ).bind(`job_${crypto.randomUUID().replaceAll("-", "")}`, id)
    overrides.database = overheard(env.DB, {
      before: async (question) => void (question.includes('update "projects"') && (await begin.run())),
    })
    try {
      expect(await remove()).toMatchObject({ status: 409, body: { error: { code: "project.has-jobs" } } })
    } finally {
      delete overrides.database
    }
    expect(aws.asked).toEqual([])
    expect(await ok(admin<Project>("GET", `/api/projects/${id}`))).toMatchObject({ archivedAt: null })
  })

  it("leave nothing of one that is made while it goes", async () => {
    aws.answers["PutParameter"] = async () => {
      expect((await remove()).status).toBe(204)
      return Response.json({})
    }
    const made = await admin("POST", "/api/secrets", { location: "ssm", projectId: id, name: "LATE", value })
    expect(made).toMatchObject({ status: 404, body: { error: { code: "not-found" } } })
    expect(aws.asked.at(-1)).toMatchObject({ action: "DeleteParameter", body: JSON.stringify({ Name: path(id, "LATE") }) })
    expect(sent("DeleteParameter").filter(({ Name }) => Name === path(id, "LATE"))).toHaveLength(2)
  })

  it("are left alone while something else keeps the project", async () => {
    const [first] = (await ok(admin<{ items: Secret[] }>("GET", `/api/secrets?projectId=${id}`))).items
    await ok(admin("POST", "/api/clankers", { name: "ticked", deploymentConfig: { computeType: "docker" }, secretIds: [first?.id] }))
    expect(await remove()).toMatchObject({ status: 409, body: { error: { code: "secret.in-use" } } })
    expect(aws.asked).toEqual([])
    expect(await ok(admin<Project>("GET", `/api/projects/${id}`))).toMatchObject({ archivedAt: null })
  })
})
