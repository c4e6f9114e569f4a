// From the stacks to a clanker: what they make is what the control plane asks for.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { beforeAll, describe, expect, it } from "vitest"
import { definitionOf } from "../../control-plane/compute/ecs-task.ts"
import { resolve } from "../../control-plane/contract/resolve.ts"
import { deploymentConfigSchema } from "../../control-plane/contract/clankers.schema.ts"
import { managedDefaultsSchema } from "../../control-plane/contract/managed.schema.ts"
import { type Run, runUpTo, type Stack, STACKS } from "../offline.ts"
import { all, one } from "./seen.ts"

const OFFLINE = new URL("../offline.ts", import.meta.url).href
const clanker = { id: "clk_01a1f926fd557213b66d4db5a84c6185", slug: "builder" }
const modes = [
  ["dev", "public"],
  ["dev", "enterprise"],
  ["prod", "public"],
  ["prod", "enterprise"],
] as const

describe.each(modes)("the managed defaults of %s, %s", (environment, networkMode) => {
  let runs: Partial<Record<Stack, Run>> = {}
  beforeAll(async () => {
    runs = await runUpTo("workers", environment, { base: { "viberglass:networkMode": networkMode } })
  })
  const defaults = () => {
    const { name, type, value } = one(runs.workers, "Parameter", "managed-defaults")
    expect([name, type]).toEqual([`/viberglass/${environment}/managed-defaults`, "String"])
    expect(String(value).length).toBeLessThan(4096)
    return managedDefaultsSchema.parse(JSON.parse(String(value)))
  }
  const resolved = (input: object) => {
    const answer = resolve(deploymentConfigSchema.parse(input), clanker, { managed: defaults(), region: "us-east-1" })
    return answer.ok ? answer.config : answer.fields
  }

  it("are read by the control plane's own schema, and leave nothing out", () => {
    const optional = networkMode === "public" ? ["lambdaVpcConfig"] : []
    const names = Object.keys(managedDefaultsSchema.shape).filter((name) => !optional.includes(name))
    expect(Object.keys(defaults()).toSorted()).toEqual(names.toSorted())
  })

  it("are all that an empty ECS clanker needs", () => {
    const base = runs.base?.outputs ?? {}
    expect(resolved({ computeType: "ecs" })).toMatchObject({
      region: "eu-west-1",
      cluster: `arn:aws:ecs:eu-west-1:123456789012:cluster/viberglass-${environment}-worker`,
      subnetIds: base[networkMode === "public" ? "publicSubnetIds" : "privateSubnetIds"],
      securityGroupIds: [base["workerSecurityGroupId"]],
      assignPublicIp: networkMode === "public",
      containerImage: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/viberator-worker-multi-agent:${environment}-latest`,
      executionRoleArn: `arn:aws:iam::123456789012:role/viberglass-${environment}-execution`,
      taskRoleArn: `arn:aws:iam::123456789012:role/viberglass-${environment}-task`,
    })
  })

  it("are all that an empty Lambda clanker needs, with a network only where that leads out", () => {
    const base = runs.base?.outputs ?? {}
    const config = resolved({ computeType: "lambda" })
    expect(config).toMatchObject({
      region: "eu-west-1",
      imageUri: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/viberator-worker-multi-agent:${environment}-latest`,
      roleArn: `arn:aws:iam::123456789012:role/viberglass-${environment}-lambda`,
    })
    if (networkMode === "public") expect(config).not.toHaveProperty("vpcConfig")
    else
      expect(config).toMatchObject({
        vpcConfig: { subnetIds: base["privateSubnetIds"], securityGroupIds: [base["workerSecurityGroupId"]] },
      })
  })

  it("name log groups and key that base has made", () => {
    const made = all(runs.base, "LogGroup").map(({ inputs }) => inputs["name"])
    expect(made).toEqual([defaults().ecsLogGroup, defaults().lambdaLogGroup])
    expect(one(runs.base, "Alias")["name"]).toBe(defaults().kmsKeyId)
  })

  it("go with baseline definitions that are what the control plane registers itself", () => {
    const config = deploymentConfigSchema.parse({ computeType: "ecs", cpu: 1024, memory: 2048 })
    if (config.computeType !== "ecs") throw new Error(config.computeType)
    for (const { inputs } of all(runs.workers, "TaskDefinition")) {
      const [container] = JSON.parse(String(inputs["containerDefinitions"]))
      const roles = { executionRoleArn: String(inputs["executionRoleArn"]), taskRoleArn: String(inputs["taskRoleArn"]) }
      const own = definitionOf({
        ...{ config: { ...config, taskFamily: String(inputs["family"]) }, image: container.image, region: "eu-west-1" },
        ...{ logGroup: defaults().ecsLogGroup ?? "", roles, tags: [] },
      })
      const { tags: _, containerDefinitions, ...rest } = own
      expect(inputs).toMatchObject(rest)
      expect([container]).toEqual(containerDefinitions)
    }
  })
})

describe("what a stack reads of another", () => {
  it.each([
    [
      "workers",
      "base",
      ["account", "workerSubnetIds", "workerSecurityGroupId", "assignPublicIp", "ecsLogGroup", "lambdaLogGroup", "kmsAlias"],
    ],
    ["platform", "base", ["account"]],
    [
      "platform",
      "workers",
      [
        ...["clusterName", "clusterArn", "executionRoleArn", "taskRoleArn", "taskRoleName", "lambdaRoleArn", "lambdaRoleName"],
        "managedDefaultsParameter",
      ],
    ],
  ] as const)("%s takes from %s only what that exports", async (reader, exporter, names) => {
    const runs = await runUpTo(exporter, "dev")
    expect(Object.keys(runs[exporter]?.outputs ?? {})).toEqual(expect.arrayContaining([...names]))
    // The list above is the one in the source: reads of base go by `base.`, those of workers by `text(` alone.
    const source = readFileSync(new URL(`../${reader}/config.ts`, import.meta.url), "utf8")
    const pattern = exporter === "base" ? /base\.(?:texts?|flag)\("(\w+)"\)/g : /(?<![.\w])text\("(\w+)"\)/g
    expect([...source.matchAll(pattern)].map(([, name = ""]) => name).toSorted()).toEqual([...names].toSorted())
  })

  it.each([
    ["a stack that is not up", {}, "There is no stack organization/viberglass-base/dev."],
    ["an output that is not exported", { account: "123456789012" }, "Required output 'workerSubnetIds' does not exist on stack"],
    ["an output of another kind", { account: 5 }, 'The output "account" of organization/viberglass-base/dev is not what it should be'],
  ])("ends the run when it is %s", (_, outputs, words) => {
    // In a process of its own: Pulumi ends one by rejecting where nobody listens.
    const exports = Object.keys(outputs).length === 0 ? {} : { "organization/viberglass-base/dev": outputs }
    const program = `const { runOffline } = await import(${JSON.stringify(OFFLINE)}); await runOffline("workers", "dev", ${JSON.stringify({ exports })})`
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" })
    expect(status).not.toBe(0)
    expect(stderr).toContain(words)
  })

  it.each(STACKS)("%s is named by the others as its project is", (stack) => {
    const project = readFileSync(new URL(`../${stack}/Pulumi.yaml`, import.meta.url), "utf8")
    expect(project).toContain(`name: viberglass-${stack}\n`)
  })
})
