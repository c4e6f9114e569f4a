import { beforeAll, describe, expect, it } from "vitest"
import { type Run, runUpTo } from "../offline.ts"
import { all, list, one, statements } from "./seen.ts"

const settings = {
  "viberglass:publicUrl": "https://control.example.org",
  "viberglass:githubRepository": "acme/viberglass",
  "viberglass:hookKey": "0123456789abcdef0123456789abcdef",
}

describe.each(["dev", "prod"] as const)("platform of %s", (environment) => {
  let run: Run | undefined
  beforeAll(async () => {
    run = (await runUpTo("platform", environment, { platform: settings })).platform
  })

  it("lends its role to this control plane: its issuer, its audience, its environment", () => {
    expect(one(run, "OpenIdConnectProvider", "control-plane")).toMatchObject({
      ...{ url: "https://control.example.org", clientIdLists: ["sts.amazonaws.com"] },
    })
    const role = one(run, "iam Role", "control-plane")
    expect(role["name"]).toBe(`viberglass-${environment}-control-plane`)
    expect(statements(role["assumeRolePolicy"])).toEqual([
      {
        ...{ Sid: "LendToTheControlPlane", Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity" },
        Principal: { Federated: "arn:aws:iam::123456789012:oidc-provider/control.example.org" },
        Condition: {
          StringEquals: {
            "control.example.org:aud": "sts.amazonaws.com",
            "control.example.org:sub": `control-plane:${environment}`,
          },
        },
      },
    ])
  })

  it("fills its policy with what the workers stack made", () => {
    const policy = statements(one(run, "RolePolicy", "control-plane")["policy"])
    const passed = policy.filter(({ Action }) => list(Action).includes("iam:PassRole"))
    expect(passed.flatMap(({ Resource }) => list(Resource))).toEqual(
      ["execution", "task", "lambda"].map((name) => `arn:aws:iam::123456789012:role/viberglass-${environment}-${name}`),
    )
    expect(JSON.stringify(policy)).toContain(`task/viberglass-${environment}-worker/*`)
    expect(JSON.stringify(policy)).not.toContain("{{")
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: all inline policies of a role together.
    expect(String(one(run, "RolePolicy", "control-plane")["policy"]).length).toBeLessThan(10_240)
  })

  it("lends the deploy role to workflows of one repository, in the GitHub Environment of this name", () => {
    expect(one(run, "OpenIdConnectProvider", "github")["url"]).toBe("https://token.actions.githubusercontent.com")
    const [trust] = statements(one(run, "iam Role", "deploy")["assumeRolePolicy"])
    expect(trust?.Condition).toEqual({
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": `repo:acme/viberglass:environment:${environment}`,
      },
    })
  })

  it("has a bucket for payloads: closed, sealed, versioned outside dev, emptied after 30 days", () => {
    const bucket = `viberglass-${environment}-payloads-123456789012`
    expect(one(run, "Bucket")).toMatchObject({ bucket, forceDestroy: false })
    expect(one(run, "BucketPublicAccessBlock")).toEqual({
      ...{ bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    })
    expect(one(run, "BucketServerSideEncryptionConfiguration")["rules"]).toEqual([
      { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } },
    ])
    expect(one(run, "BucketOwnershipControls")["rule"]).toEqual({ objectOwnership: "BucketOwnerEnforced" })
    expect(one(run, "BucketVersioning")["versioningConfiguration"]).toEqual({ status: environment === "dev" ? "Suspended" : "Enabled" })
    expect(one(run, "BucketLifecycleConfiguration")["rules"]).toEqual([
      expect.objectContaining({ status: "Enabled", expiration: { days: 30 }, noncurrentVersionExpiration: { noncurrentDays: 30 } }),
    ])
    expect(statements(one(run, "BucketPolicy")["policy"])).toEqual([
      expect.objectContaining({
        ...{ Effect: "Deny", Principal: "*", Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`] },
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
    ])
    for (const role of ["task", "lambda"]) {
      const policy = one(run, "RolePolicy", `${role}-payloads`)
      expect(policy["role"]).toBe(`viberglass-${environment}-${role}`)
      expect(statements(policy["policy"])).toEqual([
        expect.objectContaining({ Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket}/*` }),
      ])
    }
  })

  it("tells the control plane of tasks of its own cluster, with the key", () => {
    expect(JSON.parse(String(one(run, "EventRule")["eventPattern"]))).toEqual({
      source: ["aws.ecs"],
      "detail-type": ["ECS Task State Change"],
      detail: {
        lastStatus: ["DEPROVISIONING", "STOPPED"],
        clusterArn: [`arn:aws:ecs:eu-west-1:123456789012:cluster/viberglass-${environment}-worker`],
      },
    })
    const [connection] = all(run, "EventConnection")
    expect(connection?.inputs).toMatchObject({
      authorizationType: "API_KEY",
      authParameters: { apiKey: { key: "x-viberglass-key", value: settings["viberglass:hookKey"] } },
    })
    expect(connection?.secret).toEqual(["authParameters"])
    expect(one(run, "EventApiDestination")).toMatchObject({
      ...{ invocationEndpoint: "https://control.example.org/hooks/aws", httpMethod: "POST" },
      connectionArn: expect.stringMatching(`connection/viberglass-${environment}-tasks/`),
    })
    const target = one(run, "EventTarget")
    expect(target).toMatchObject({
      rule: `viberglass-${environment}-tasks`,
      arn: expect.stringMatching(`api-destination/viberglass-${environment}-tasks/`),
      roleArn: `arn:aws:iam::123456789012:role/viberglass-${environment}-events`,
      retryPolicy: { maximumEventAgeInSeconds: 300 },
    })
    // The role may call what the target calls: AWS only says so when an event is lost.
    const [call] = statements(one(run, "RolePolicy", "events")["policy"])
    const allowed = String(call?.Resource).replaceAll("*", ".*")
    expect(String(target["arn"])).toMatch(new RegExp(`^${allowed}$`))
  })

  it("describes itself in SSM, without anything secret", () => {
    const known = Object.fromEntries(all(run, "Parameter").map(({ inputs }) => [inputs["name"], [inputs["type"], inputs["value"]]]))
    expect(known).toEqual({
      [`/viberglass/${environment}/aws-role-arn`]: ["String", `arn:aws:iam::123456789012:role/viberglass-${environment}-control-plane`],
      [`/viberglass/${environment}/deploy-role-arn`]: ["String", `arn:aws:iam::123456789012:role/viberglass-${environment}-deploy`],
      [`/viberglass/${environment}/payload-bucket`]: ["String", `viberglass-${environment}-payloads-123456789012`],
      [`/viberglass/${environment}/account`]: ["String", "123456789012"],
      [`/viberglass/${environment}/region`]: ["String", "eu-west-1"],
      [`/viberglass/${environment}/public-url`]: ["String", "https://control.example.org"],
      [`/viberglass/${environment}/cluster`]: ["String", `viberglass-${environment}-worker`],
    })
    const names = Object.values(Object(run?.outputs["parameterNames"])).map(String)
    expect(names.toSorted()).toEqual([...Object.keys(known), `/viberglass/${environment}/managed-defaults`].toSorted())
  })

  it("has no user, and no key anywhere", () => {
    expect(all(run, "iam User")).toEqual([])
    expect(all(run, "AccessKey")).toEqual([])
  })
})

describe("platform", () => {
  it("takes a provider of GitHub that the account has already", async () => {
    const given = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    const { platform } = await runUpTo("platform", "dev", { platform: { ...settings, "viberglass:githubProviderArn": given } })
    expect(all(platform, "OpenIdConnectProvider").map(({ name }) => name)).toEqual(["control-plane"])
    expect(statements(one(platform, "iam Role", "deploy")["assumeRolePolicy"])[0]?.Principal).toEqual({ Federated: given })
  })

  it("makes a user of the same rights where it is asked to, and leaves its key to people", async () => {
    const { platform } = await runUpTo("platform", "dev", { platform: { ...settings, "viberglass:staticUser": "true" } })
    expect(one(platform, "UserPolicy")["policy"]).toBe(one(platform, "RolePolicy", "control-plane")["policy"])
    expect(platform?.outputs["controlPlaneUser"]).toBe("viberglass-dev-control-plane")
    expect(all(platform, "AccessKey")).toEqual([])
  })

  it.each([
    ["publicUrl", "http://control.example.org", "must be the control plane's https address, without a slash at its end"],
    ["publicUrl", "https://control.example.org/", "must be the control plane's https address, without a slash at its end"],
    ["publicUrl", null, "is missing"],
    ["githubRepository", "acme", "must be a repository at GitHub, as owner/name"],
    ["hookKey", "short", "must be at least 32 characters"],
    ["hookKey", null, "is missing: pulumi config set --secret viberglass:hookKey"],
    ["githubProviderArn", "arn:aws:iam::1:role/x", "must be arn:aws:iam::<account>:oidc-provider"],
    ["workerStack", "dev", "must be <organization>/<project>/<stack>"],
  ])("refuses %s = %s in words", async (name, value, words) => {
    const wrong = { ...settings, [`viberglass:${name}`]: value }
    await expect(runUpTo("platform", "dev", { platform: wrong })).rejects.toThrow(`viberglass:${name} ${words}`)
  })

  it("does not repeat a wrong key", async () => {
    const wrong = { ...settings, "viberglass:hookKey": "a short secret" }
    const failure = await runUpTo("platform", "dev", { platform: wrong }).catch(String)
    expect(failure).toContain("hookKey")
    expect(failure).not.toContain("a short secret")
  })
})
