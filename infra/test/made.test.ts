// What holds for everything that is made, in each stack, environment and kind of network.
import { beforeAll, describe, expect, it } from "vitest"
import { type Registered, runUpTo } from "../offline.ts"
import { list, type Statement, statements } from "./seen.ts"

const enterprise = (nat: string) => ({
  "viberglass:networkMode": "enterprise",
  "viberglass:natGateways": nat,
  "viberglass:endpoints": "true",
})
const VARIANTS = [
  ["dev", {}],
  ["prod", {}],
  ["dev", enterprise("single")],
  ["dev", enterprise("per-az")],
  ["prod", { "viberglass:networkMode": "public" }],
] as const

let made: Registered[] = []
beforeAll(async () => {
  const all: Registered[] = []
  for (const [environment, base] of VARIANTS) {
    const runs = await runUpTo("platform", environment, { base, platform: { "viberglass:staticUser": "true" } })
    for (const run of Object.values(runs)) all.push(...run.resources)
  }
  made = all
})
const ofKind = (pattern: RegExp) => made.filter(({ type }) => pattern.test(type))

/** AWS tags none of these, or by what they belong to. */
const WITHOUT_TAGS =
  /:(Route|RouteTableAssociation|Alias|RolePolicy|UserPolicy|RepositoryPolicy|LifecyclePolicy|ClusterCapacityProviders|Bucket[A-Z]\w+|EventTarget|EventConnection|EventApiDestination)$/

it("is tagged with its environment and its stack, and has a name", () => {
  const taggable = made.filter(({ type }) => !WITHOUT_TAGS.test(type))
  expect(taggable.length).toBeGreaterThan(100)
  for (const { type, name, inputs } of taggable)
    expect(inputs["tags"], `${type} ${name}`).toMatchObject({
      "viberglass:environment": expect.stringMatching(/^(dev|prod)$/),
      "viberglass:stack": expect.stringMatching(/^(base|workers|platform)$/),
      Name: expect.stringMatching(/^(viberglass|viberator)-/),
    })
})

it("lets nothing in from the internet", () => {
  const groups = ofKind(/:(DefaultSecurityGroup|SecurityGroup)$/)
  expect(groups.length).toBeGreaterThan(VARIANTS.length)
  for (const { inputs } of groups)
    for (const rule of list<Record<string, unknown>>(Object(inputs["ingress"])))
      expect(Object.keys(rule).toSorted()).toEqual(["description", "fromPort", "protocol", "securityGroups", "toPort"])
  expect(ofKind(/(Listener|LoadBalancer|SecurityGroupRule|SecurityGroupIngressRule|FunctionUrl|RestApi)$/)).toEqual([])
})

it("is encrypted where it keeps anything", () => {
  for (const { inputs } of ofKind(/:Repository$/)) expect(inputs["encryptionConfigurations"]).toHaveLength(1)
  for (const { inputs } of ofKind(/:LogGroup$/)) expect(inputs["kmsKeyId"]).toMatch(/^arn:aws:kms:/)
  for (const { inputs } of ofKind(/:Key$/)) expect(inputs["enableKeyRotation"]).toBe(true)
  const buckets = ofKind(/:Bucket$/).map(({ inputs }) => inputs["bucket"])
  expect(ofKind(/:BucketServerSideEncryptionConfiguration$/).map(({ inputs }) => inputs["bucket"])).toEqual(buckets)
  expect(ofKind(/:BucketPublicAccessBlock$/).map(({ inputs }) => inputs["bucket"])).toEqual(buckets)
})

it("keeps its log for a time that is set", () => {
  const days = ofKind(/:LogGroup$/).map(({ inputs }) => inputs["retentionInDays"])
  expect(days).toHaveLength(2 * VARIANTS.length)
  for (const day of days) expect(day).toBeGreaterThan(0)
})

it("holds nothing secret but the key that AWS shows", () => {
  const secret = made.filter(({ type, secret }) => secret.length > 0 && !type.endsWith(":Parameter"))
  expect(new Set(secret.map(({ type, name, secret }) => `${type} ${name} ${secret}`))).toEqual(
    new Set(["aws:cloudwatch/eventConnection:EventConnection control-plane authParameters"]),
  )
})

describe("the policies as AWS gets them", () => {
  const identity = (): (Statement & { of: string })[] =>
    ofKind(/:(RolePolicy|UserPolicy)$/).flatMap(({ name, inputs }) => statements(inputs["policy"]).map((one) => ({ of: name, ...one })))

  it("have every placeholder filled", () => {
    const texts = made.flatMap(({ inputs }) => [inputs["policy"], inputs["assumeRolePolicy"]]).filter((text) => typeof text === "string")
    expect(texts.length).toBeGreaterThan(40)
    for (const text of texts) expect(text).not.toMatch(/\{\{|undefined|\[object/)
  })

  it("allow named actions on named things", () => {
    expect(identity().length).toBeGreaterThan(60)
    for (const { of, Action, Resource } of identity()) {
      for (const action of list(Action)) expect(action, of).toMatch(/^[a-z0-9]+:[A-Za-z]+$/)
      const open = list(Resource).includes("*") ? list(Action).filter((action) => !TAKES_NO_RESOURCE.test(action)) : []
      expect(open, of).toEqual([])
      for (const resource of list(Resource))
        if (resource !== "*") expect(resource, of).toMatch(/^arn:aws:[a-z0-9]+:[a-z0-9*-]*:(123456789012)?:.{3}/)
    }
  })

  it("hand on the three worker roles only, each to a service that is named", () => {
    const passing = identity().filter(({ Action }) => list(Action).includes("iam:PassRole"))
    expect(new Set(passing.map(({ of }) => of))).toEqual(new Set(["control-plane"]))
    for (const { Resource, Condition } of passing) {
      for (const role of list(Resource)) expect(role).toMatch(/role\/viberglass-(dev|prod)-(execution|task|lambda)$/)
      const services = list<unknown>(Object(Condition)["StringEquals"]["iam:PassedToService"])
      expect(services.length).toBeGreaterThan(0)
      for (const service of services) expect(service).toMatch(/^(ecs-tasks|lambda)\.amazonaws\.com$/)
    }
  })

  it("lend no role to everybody, and none without saying to whom", () => {
    const trusts = ofKind(/iam\/role:Role$/).flatMap(({ inputs }) => statements(inputs["assumeRolePolicy"]))
    expect(trusts).toHaveLength(6 * VARIANTS.length)
    for (const { Principal, Condition } of trusts) {
      expect(JSON.stringify(Principal)).not.toContain("*")
      if (JSON.stringify(Principal) !== '{"Service":"lambda.amazonaws.com"}') expect(Condition).toBeDefined()
    }
  })
})

/** As AWS's service authorization reference has them. */
const TAKES_NO_RESOURCE =
  /^(ec2:(Describe\w+|(Create|Delete)NetworkInterface|(Una|A)ssignPrivateIpAddresses)|ecs:(DescribeTaskDefinition|RegisterTaskDefinition|ListTasks)|ecr:GetAuthorizationToken)$/
