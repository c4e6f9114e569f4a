import { readFileSync } from "node:fs"
import { beforeAll, describe, expect, it } from "vitest"
import { runUpTo, type Run } from "../offline.ts"
import { all, list, one, statements } from "./seen.ts"

const { images }: { images: Record<string, { repository: string }> } = JSON.parse(
  readFileSync(new URL("../workers/images.json", import.meta.url), "utf8"),
)
const REPOSITORIES = Object.values(images)
  .map(({ repository }) => repository)
  .toSorted((a, b) => a.localeCompare(b))
const registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

describe.each(["dev", "prod"] as const)("workers of %s", (environment) => {
  let run: Run | undefined
  beforeAll(async () => {
    run = (await runUpTo("workers", environment)).workers
  })
  const policyOf = (name: string) => statements(one(run, "RolePolicy", name)["policy"])

  it("have a repository for each image of the catalogue, scanned, sealed, and with fixed tags", () => {
    expect(all(run, "Repository").map(({ inputs }) => inputs["name"])).toEqual(REPOSITORIES)
    for (const { inputs } of all(run, "Repository"))
      expect(inputs).toMatchObject({
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "AES256" }],
        imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters: [
          { filterType: "WILDCARD", filter: "latest" },
          { filterType: "WILDCARD", filter: "*-latest" },
          { filterType: "WILDCARD", filter: "buildcache" },
        ],
        forceDelete: false,
      })
    expect(run?.outputs["imageUris"]).toMatchObject({ "multi-agent": `${registry}/viberator-worker-multi-agent:${environment}-latest` })
  })

  it("lose an image only when no tag names it any more", () => {
    expect(all(run, "LifecyclePolicy").map(({ inputs }) => inputs["repository"])).toEqual(REPOSITORIES)
    for (const { inputs } of all(run, "LifecyclePolicy")) {
      const { rules }: { rules: { selection: Record<string, unknown> }[] } = JSON.parse(String(inputs["policy"]))
      expect(rules.map(({ selection }) => selection["tagStatus"])).toEqual(["untagged"])
    }
  })

  it("let Lambda pull from each of them, for our functions in this account and region", () => {
    expect(all(run, "RepositoryPolicy").map(({ inputs }) => inputs["repository"])).toEqual(REPOSITORIES)
    for (const { inputs } of all(run, "RepositoryPolicy"))
      expect(statements(inputs["policy"])).toEqual([
        expect.objectContaining({
          Principal: { Service: "lambda.amazonaws.com" },
          Condition: { ArnLike: { "aws:SourceArn": "arn:aws:lambda:eu-west-1:123456789012:function:viberator-*" } },
        }),
      ])
  })

  it("have one cluster, which knows both Fargates", () => {
    expect(one(run, "Cluster")).toMatchObject({
      name: `viberglass-${environment}-worker`,
      settings: [{ name: "containerInsights", value: environment === "prod" ? "enabled" : "disabled" }],
    })
    expect(one(run, "ClusterCapacityProviders")).toMatchObject({
      clusterName: `viberglass-${environment}-worker`,
      capacityProviders: ["FARGATE", "FARGATE_SPOT"],
    })
  })

  it("have three roles, each with what it needs", () => {
    expect(all(run, "iam Role").map(({ inputs }) => inputs["name"])).toEqual(
      ["execution", "lambda", "task"].map((name) => `viberglass-${environment}-${name}`),
    )
    expect(all(run, "RolePolicy").map(({ inputs }) => [inputs["role"], inputs["name"]])).toEqual([
      [`viberglass-${environment}-execution`, "execution"],
      [`viberglass-${environment}-lambda`, "lambda-logs"],
      [`viberglass-${environment}-lambda`, "lambda-vpc"],
      [`viberglass-${environment}-lambda`, "worker"],
      [`viberglass-${environment}-task`, "worker"],
    ])
    for (const role of ["task", "lambda"]) {
      const [read] = policyOf(`${role}-worker`)
      expect(read).toMatchObject({
        Action: "ssm:GetParameters",
        Resource: `arn:aws:ssm:*:123456789012:parameter/viberator/secrets/${environment}/*`,
      })
    }
    expect(policyOf("execution-execution").flatMap(({ Resource }) => list(Resource))).toContain(
      `arn:aws:logs:*:123456789012:log-group:/ecs/viberglass-${environment}-worker:*`,
    )
    expect(policyOf("lambda-lambda-logs").flatMap(({ Resource }) => list(Resource))).toEqual([
      `arn:aws:logs:*:123456789012:log-group:/aws/lambda/viberglass-${environment}-worker:*`,
    ])
  })

  it("lend them to tasks of this account, and to functions", () => {
    const trusted = (name: string) => statements(one(run, "iam Role", name)["assumeRolePolicy"])
    const tasks = expect.objectContaining({
      Principal: { Service: "ecs-tasks.amazonaws.com" },
      Condition: {
        StringEquals: { "aws:SourceAccount": "123456789012" },
        ArnLike: { "aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*" },
      },
    })
    expect(trusted("execution")).toEqual([tasks])
    expect(trusted("task")).toEqual([tasks])
    expect(trusted("lambda")).toEqual([expect.objectContaining({ Principal: { Service: "lambda.amazonaws.com" } })])
  })

  it("have two baseline definitions in a family that the control plane may start", () => {
    expect(all(run, "TaskDefinition").map(({ inputs }) => inputs["family"])).toEqual([
      `viberator-${environment}-claude-code`,
      `viberator-${environment}-multi-agent`,
    ])
    for (const { inputs } of all(run, "TaskDefinition"))
      expect(inputs).toMatchObject({
        ...{ networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"], cpu: "1024", memory: "2048", skipDestroy: true },
        executionRoleArn: `arn:aws:iam::123456789012:role/viberglass-${environment}-execution`,
        taskRoleArn: `arn:aws:iam::123456789012:role/viberglass-${environment}-task`,
      })
    const [container] = JSON.parse(String(one(run, "TaskDefinition", "claude-code")["containerDefinitions"]))
    const claude = REPOSITORIES.includes("viberator-worker-claude-code-ecs") ? "claude-code-ecs" : "claude"
    expect(container.image).toBe(`${registry}/viberator-worker-${claude}:${environment}-latest`)
  })
})

describe("a second environment of one account", () => {
  it("uses the repositories that the first has made", async () => {
    const { workers } = await runUpTo("workers", "prod", { workers: { "viberglass:repositories": "existing" } })
    expect(["Repository", "RepositoryPolicy", "LifecyclePolicy"].flatMap((kind) => all(workers, kind))).toEqual([])
    expect(workers?.outputs["imageUris"]).toMatchObject({ claude: `${registry}/viberator-worker-claude:prod-latest` })
  })
})
