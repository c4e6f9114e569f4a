import { describe, expect, it } from "vitest"
import type { ClankerRevisionWithContents } from "#contract/clankers.ts"
import { differences } from "../pages/clankers/revision-text.ts"
import { consoleLink } from "../parts/console-link.ts"
import { factsOf } from "../parts/fact-list.ts"

describe("the console's page", () => {
  const at = "https://eu-west-1.console.aws.amazon.com"
  it.each([
    ["arn:aws:lambda:eu-west-1:123456789012:function:viberator-a", `${at}/lambda/home?region=eu-west-1#/functions/viberator-a`],
    ["arn:aws:lambda:eu-west-1:123456789012:function:viberator-a:live", `${at}/lambda/home?region=eu-west-1#/functions/viberator-a`],
    ["arn:aws:ecs:eu-west-1:123456789012:cluster/dev", `${at}/ecs/v2/clusters/dev?region=eu-west-1`],
    ["arn:aws:ecs:eu-west-1:123456789012:task-definition/worker:7", `${at}/ecs/v2/task-definitions/worker/7?region=eu-west-1`],
    [
      "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/worker:*",
      `${at}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fecs$252Fworker`,
    ],
    ["arn:aws:iam::123456789012:role/worker", null],
    ["arn:aws-cn:lambda:cn-north-1:123456789012:function:a", null],
    ["viberator-worker:latest", null],
  ])("of %s is %s", (arn, link) => {
    expect(consoleLink(arn)).toBe(link)
  })
})

describe("the facts of a deployment", () => {
  it("of all three strategies have words, and what is unknown is shown under its own name", () => {
    const shown = factsOf({
      clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/dev",
      revision: 7,
      registeredAt: "2026-01-01T00:00:00Z",
      imageSize: 2048,
      hostConnected: true,
      networkInterfaceId: "eni-1",
      region: "eu-west-1",
      logGroup: "/ecs/worker",
      cpus: null,
    })
    expect(shown.map(({ term, shown: value }) => [term, value])).toEqual([
      ["Cluster ARN", "arn:aws:ecs:eu-west-1:123456789012:cluster/dev"],
      ["Task definition revision", "7"],
      ["Registered at", "2026-01-01T00:00:00Z"],
      ["Image size", "2.0 kB"],
      ["Host connected", "yes"],
      ["Network interface id", "eni-1"],
      ["Region", "eu-west-1"],
      ["Log group", "/ecs/worker"],
    ])
    expect(shown[0]).toMatchObject({ copy: shown[0]?.shown, href: expect.stringContaining("/ecs/v2/clusters/dev") })
    expect(shown.at(-1)?.href).toMatch(/region=eu-west-1#logsV2:log-groups\/log-group\/\$252Fecs\$252Fworker$/)
    expect(shown[1]).toMatchObject({ copy: null, href: null })
  })
})

describe("two revisions of a clanker", () => {
  const revision = (change: Partial<ClankerRevisionWithContents>): ClankerRevisionWithContents => ({
    ...{ n: 1, agent: "codex", agentSettings: {}, maxExecutionTime: null, secretIds: ["sec_1"], deployed: false, createdAt: "2026-01-01" },
    ...{ deploymentConfig: { computeType: "docker", containerImage: "a" }, files: [] },
    ...change,
  })
  const secrets = [
    { id: "sec_1", name: "OPENAI_API_KEY" },
    { id: "sec_2", name: "NPM_TOKEN" },
  ]
  const file = (path: string, content: string) => ({ path, content, size: content.length })

  it("that are the same differ in nothing, whatever the order of their fields and secrets", () => {
    const one = revision({ secretIds: ["sec_1", "sec_2"] })
    const other = revision({ secretIds: ["sec_2", "sec_1"], deploymentConfig: { containerImage: "a", computeType: "docker" } })
    expect(differences(one, other, secrets)).toEqual([])
  })

  it("differ in their configuration with secrets by name, and in each file", () => {
    const before = revision({ files: [file("AGENTS.md", "Be kind."), file("skills/a.md", "A"), file("skills/same.md", "S")] })
    const after = revision({
      secretIds: ["sec_2", "sec_3"],
      files: [file("AGENTS.md", "Be brief."), file("skills/same.md", "S"), file("skills/b.md", "B")],
    })
    const found = differences(before, after, secrets)
    expect(found.map(({ name }) => name)).toEqual(["Configuration", "AGENTS.md", "skills/a.md", "skills/b.md"])
    expect(found[0]?.before).toContain('"OPENAI_API_KEY"')
    expect(found[0]?.after).toMatch(/"NPM_TOKEN",\s+"sec_3 \(gone\)"/)
    expect(found.slice(2)).toEqual([
      { name: "skills/a.md", before: "A", after: "" },
      { name: "skills/b.md", before: "", after: "B" },
    ])
  })
})
