import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ROOT } from "./build.ts"

const GITHUB = "token.actions.githubusercontent.com"

interface Statement {
  Effect: string
  Principal: string | Record<string, string>
  Action: string | string[]
  Resource?: string
  Condition?: Record<string, Record<string, unknown>>
}
const read = (kind: string) =>
  ["base", "platform", "workers"].flatMap((stack) => {
    const folder = join(ROOT, "infra", stack, "policies")
    const names = readdirSync(folder).filter((name) => name.endsWith(`-${kind}.json`))
    return names.flatMap((name) => {
      const { Statement }: { Statement: Statement[] } = JSON.parse(readFileSync(join(folder, name), "utf8"))
      return Statement.map((statement) => ({ file: name.replace(`-${kind}.json`, ""), ...statement }))
    })
  })

describe("who may take a role", () => {
  const trusts = read("trust")
  const of = (file: string) => trusts.filter((trust) => trust.file === file)

  it("is one service, or one identity of one issuer, each compared whole", () => {
    expect(trusts.map(({ file, Effect, Principal, Action }) => [file, Effect, Principal, Action])).toEqual([
      ["control-plane", "Allow", { Federated: "arn:aws:iam::{{account}}:oidc-provider/{{issuer}}" }, "sts:AssumeRoleWithWebIdentity"],
      ["deploy", "Allow", { Federated: `arn:aws:iam::{{account}}:oidc-provider/${GITHUB}` }, "sts:AssumeRoleWithWebIdentity"],
      ["events", "Allow", { Service: "events.amazonaws.com" }, "sts:AssumeRole"],
      ["lambda", "Allow", { Service: "lambda.amazonaws.com" }, "sts:AssumeRole"],
      ["task", "Allow", { Service: "ecs-tasks.amazonaws.com" }, "sts:AssumeRole"],
    ])
    for (const { Condition } of [...of("control-plane"), ...of("deploy")]) expect(Object.keys(Condition ?? {})).toEqual(["StringEquals"])
  })

  it("must say for whom it is: audience and subject, or the account and what in it", () => {
    expect(of("control-plane")[0]?.Condition).toEqual({
      StringEquals: { "{{issuer}}:aud": "sts.amazonaws.com", "{{issuer}}:sub": "control-plane:{{environment}}" },
    })
    expect(of("deploy")[0]?.Condition).toEqual({
      StringEquals: { [`${GITHUB}:aud`]: "sts.amazonaws.com", [`${GITHUB}:sub`]: "repo:{{repository}}:environment:{{environment}}" },
    })
    expect(of("task")[0]?.Condition).toEqual({
      StringEquals: { "aws:SourceAccount": "{{account}}" },
      ArnLike: { "aws:SourceArn": "arn:aws:ecs:{{region}}:{{account}}:*" },
    })
    expect(of("events")[0]?.Condition).toEqual({
      StringEquals: { "aws:SourceAccount": "{{account}}" },
      ArnEquals: { "aws:SourceArn": "arn:aws:events:{{region}}:{{account}}:rule/{{rule}}" },
    })
  })
})

describe("what a thing itself allows", () => {
  const policies = read("resource")
  const of = (file: string) => policies.filter((policy) => policy.file === file)

  it("is written for a key, a bucket and a repository", () => {
    expect(policies.map(({ file, Effect }) => [file, Effect])).toEqual([
      ["key", "Allow"],
      ["key", "Allow"],
      ["bucket", "Deny"],
      ["repository", "Allow"],
    ])
  })

  it("opens the key to the account's own policies, and to CloudWatch for the two log groups", () => {
    const [account, logs] = of("key")
    // Without this first one nobody could change the key any more; AWS gives it to each new key.
    expect(account).toMatchObject({ Principal: { AWS: "arn:aws:iam::{{account}}:root" }, Action: "kms:*" })
    expect(logs?.Principal).toEqual({ Service: "logs.{{region}}.amazonaws.com" })
    for (const action of [logs?.Action].flat()) expect(action).toMatch(/^kms:[A-Za-z]+$/)
    expect(logs?.Condition).toEqual({
      ArnEquals: {
        "kms:EncryptionContext:aws:logs:arn": [
          "arn:aws:logs:{{region}}:{{account}}:log-group:/aws/lambda/viberglass-{{environment}}-worker",
          "arn:aws:logs:{{region}}:{{account}}:log-group:/ecs/viberglass-{{environment}}-worker",
        ],
      },
    })
  })

  it("refuses the bucket what is not encrypted on its way, to everybody", () => {
    expect(of("bucket")[0]).toMatchObject({ Principal: "*", Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "false" } } })
  })

  it("lets Lambda pull images, for functions of ours", () => {
    expect(of("repository")[0]).toMatchObject({
      ...{ Principal: { Service: "lambda.amazonaws.com" }, Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] },
      Condition: { ArnLike: { "aws:SourceArn": "arn:aws:lambda:{{region}}:{{account}}:function:viberator-*" } },
    })
  })
})
