import { describe, expect, it } from "vitest"
import { runOffline } from "../offline.ts"
import { all, one } from "./seen.ts"

const ZONES = ["a", "b"]
const publicMode = { "viberglass:networkMode": "public" }
const enterprise = (nat: string) => ({ "viberglass:networkMode": "enterprise", "viberglass:natGateways": nat })

describe("the network of base", () => {
  it("is a /16 with a public and a private subnet in each of two zones", async () => {
    const run = await runOffline("base", "dev")
    expect(one(run, "Vpc")).toMatchObject({ cidrBlock: "10.0.0.0/16", enableDnsHostnames: true, enableDnsSupport: true })
    expect(all(run, "Subnet").map(({ name, inputs }) => [name, inputs["cidrBlock"], inputs["availabilityZone"]])).toEqual([
      ["private-a", "10.0.10.0/24", "eu-west-1a"],
      ["private-b", "10.0.11.0/24", "eu-west-1b"],
      ["public-a", "10.0.1.0/24", "eu-west-1a"],
      ["public-b", "10.0.2.0/24", "eu-west-1b"],
    ])
    expect(all(run, "Subnet").map(({ inputs }) => inputs["mapPublicIpOnLaunch"])).toEqual([false, false, false, false])
    expect(all(run, "InternetGateway")).toHaveLength(1)
  })

  it("has zones of its own region elsewhere", async () => {
    const run = await runOffline("base", "dev", { config: { "aws:region": "us-east-2" } })
    expect(all(run, "Subnet").map(({ inputs }) => inputs["availabilityZone"])).toEqual([
      "us-east-2a",
      "us-east-2b",
      "us-east-2a",
      "us-east-2b",
    ])
    expect(one(run, "VpcEndpoint", "s3")["serviceName"]).toBe("com.amazonaws.us-east-2.s3")
  })

  it.each([
    ["dev as it is", "dev", {}, { nats: [], workers: "public" }],
    ["prod as it is", "prod", {}, { nats: ["nat-a", "nat-b"], workers: "private" }],
    ["public", "prod", publicMode, { nats: [], workers: "public" }],
    ["enterprise with one NAT", "dev", enterprise("single"), { nats: ["nat-a"], workers: "private" }],
    ["enterprise with one for each zone", "dev", enterprise("per-az"), { nats: ["nat-a", "nat-b"], workers: "private" }],
  ] as const)("%s: NAT, routes and where workers go", async (_, environment, config, { nats, workers }) => {
    const run = await runOffline("base", environment, { config })
    expect(all(run, "NatGateway").map(({ name }) => name)).toEqual(nats)
    expect(all(run, "Eip")).toHaveLength(nats.length)
    // A NAT gateway has to lie where an address from outside reaches it.
    expect(all(run, "NatGateway").map(({ inputs }) => inputs["subnetId"])).toEqual(
      nats.map((_nat, index) => Object(run.outputs["publicSubnetIds"])[index]),
    )
    const routes = all(run, "Route").map(({ name, inputs }) => [
      name,
      inputs["destinationCidrBlock"],
      inputs["gatewayId"] ? "gateway" : "nat",
    ])
    expect(routes).toEqual([
      ...(nats.length > 0 ? ZONES.map((zone) => [`private-${zone}`, "0.0.0.0/0", "nat"]) : []),
      ["public", "0.0.0.0/0", "gateway"],
    ])
    const behind = all(run, "Route").flatMap(({ inputs }) => (inputs["natGatewayId"] ? [inputs["natGatewayId"]] : []))
    expect(new Set(behind).size).toBe(nats.length)
    expect(run.outputs["workerSubnetIds"]).toEqual(run.outputs[`${workers}SubnetIds`])
    expect(run.outputs["assignPublicIp"]).toBe(workers === "public")
  })

  it("gives each subnet the table of its kind and zone", async () => {
    const run = await runOffline("base", "prod")
    const tables = all(run, "RouteTableAssociation").map(({ name, inputs }) => [name, inputs["routeTableId"]])
    const [privateA, privateB, publicA, publicB] = tables.map(([, table]) => table)
    expect(tables.map(([name]) => name)).toEqual(["private-a", "private-b", "public-a", "public-b"])
    expect(publicA).toBe(publicB)
    expect(new Set([publicA, privateA, privateB]).size).toBe(3)
    expect(one(run, "VpcEndpoint", "s3")).toMatchObject({ vpcEndpointType: "Gateway", routeTableIds: [publicA, privateA, privateB] })
  })

  it("lets nothing in to workers, and what no group was named for neither in nor out", async () => {
    const run = await runOffline("base", "dev")
    expect(one(run, "SecurityGroup", "worker")).toMatchObject({
      name: "viberglass-dev-worker",
      ingress: [],
      egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
    })
    expect(one(run, "DefaultSecurityGroup")).toMatchObject({ ingress: [], egress: [] })
  })

  it.each([
    ["private", "prod", {}],
    ["public", "dev", { "viberglass:endpoints": "true" }],
  ] as const)("has endpoints in the %s subnets, open to workers only", async (kind, environment, config) => {
    const run = await runOffline("base", environment, { config })
    const endpoints = all(run, "VpcEndpoint").filter(({ inputs }) => inputs["vpcEndpointType"] === "Interface")
    expect(endpoints.map(({ name }) => name)).toEqual(["ecr.api", "ecr.dkr", "kms", "logs", "ssm", "sts"])
    for (const { inputs } of endpoints)
      expect(inputs).toMatchObject({ subnetIds: run.outputs[`${kind}SubnetIds`], privateDnsEnabled: true })
    expect(one(run, "SecurityGroup", "endpoints")["ingress"]).toEqual([
      expect.objectContaining({ protocol: "tcp", fromPort: 443, toPort: 443, securityGroups: [run.outputs["workerSecurityGroupId"]] }),
    ])
  })

  it("has none of them in dev, where nothing is paid by the hour", async () => {
    expect(all(await runOffline("base", "dev"), "VpcEndpoint").map(({ name }) => name)).toEqual(["s3"])
  })
})

describe("key and log groups of base", () => {
  it.each([
    ["dev", 30],
    ["prod", 365],
  ] as const)("%s: one key that rotates, two log groups sealed with it", async (environment, days) => {
    const run = await runOffline("base", environment)
    expect(one(run, "Key")).toMatchObject({ enableKeyRotation: true, deletionWindowInDays: 30 })
    expect(one(run, "Alias")).toMatchObject({ name: `alias/viberglass-${environment}-ssm` })
    expect(all(run, "LogGroup").map(({ inputs }) => [inputs["name"], inputs["retentionInDays"], inputs["kmsKeyId"]])).toEqual([
      [`/ecs/viberglass-${environment}-worker`, days, run.outputs["kmsKeyArn"]],
      [`/aws/lambda/viberglass-${environment}-worker`, days, run.outputs["kmsKeyArn"]],
    ])
    // CloudWatch refuses a group whose key does not let it in.
    expect(String(one(run, "Key")["policy"])).toContain(`log-group:/ecs/viberglass-${environment}-worker"`)
    expect(String(one(run, "Key")["policy"])).toContain(`log-group:/aws/lambda/viberglass-${environment}-worker"`)
  })
})

describe("a wrong configuration of base", () => {
  it("is told whole, by name, and nothing is made", async () => {
    const config = {
      ...{ "aws:region": "Ireland", "viberglass:networkMode": "privat", "viberglass:natGateways": null },
      ...{ "viberglass:logRetentionDays": "31", "viberglass:netwrokMode": "public" },
    }
    const failure = await runOffline("base", "dev", { config }).catch((error: unknown) => String(error))
    for (const words of [
      'viberglass:networkMode must be one of public, enterprise, and is "privat"',
      "viberglass:natGateways must be one of single, per-az, and is missing",
      "aws:region must be a region",
      "viberglass:logRetentionDays must be one of 1, 3,",
      "viberglass:netwrokMode is read by nothing",
    ])
      expect(failure).toContain(words)
  })

  it("is also a stack that is called otherwise than an environment", async () => {
    await expect(runOffline("base", "staging")).rejects.toThrow('The stack is called "staging": it must be one of dev, prod.')
  })
})
