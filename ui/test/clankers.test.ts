import { describe, expect, it } from "vitest"
import type { ClankerRevisionWithContents } from "#contract/clankers.ts"
import { differences } from "../pages/clankers/revision-text.ts"
import { adviceOn } from "../pages/clankers/step-advice.ts"
import { goneOf, groupsOf, staysInAws } from "../parts/fact-list.ts"

describe("the facts of a deployment", () => {
  const shown = (facts: Record<string, unknown>) =>
    groupsOf(facts).map(({ title, facts: found }) => [
      title,
      found.map(({ term, values }) => `${term}: ${values.map((value) => value.shown).join(" + ")}`),
    ])
  const account = "eu-west-1:123456789012"

  it("of a task stand in groups, in words and units of people", () => {
    const facts = {
      ...{ region: "eu-west-1", clusterArn: `arn:aws:ecs:${account}:cluster/dev`, launchType: "FARGATE_SPOT", clusterStatus: "ACTIVE" },
      ...{ taskDefinitionArn: `arn:aws:ecs:${account}:task-definition/worker:7`, family: "worker", revision: 7, status: "ACTIVE" },
      ...{ registeredAt: "2026-01-01T00:00:00Z", cpu: "512", memory: "3072", containerImages: "a@sha256:1, b", image: "a@sha256:1" },
      ...{ floating: false, subnetIds: "subnet-1,subnet-2", assignPublicIp: true, internet: "gateway,other", logGroup: "/ecs/worker" },
    }
    expect(shown(facts)).toEqual([
      [
        "Task definition",
        [
          `Task definition ARN: ${facts.taskDefinitionArn}`,
          "Family: worker",
          "Revision: 7",
          "Status: Active",
          "Registered: 2026-01-01T00:00:00Z",
        ],
      ],
      ["Where", [`Cluster ARN: ${facts.clusterArn}`, "Cluster status: Active", "Launch type: Fargate Spot", "Region: eu-west-1"]],
      ["Image and size", ["Container images: a@sha256:1 + b", "Image by: Digest: always the same", "CPU: 0.5 vCPU", "Memory: 3 GiB"]],
      [
        "Network",
        [
          "Subnets: subnet-1 + subnet-2",
          "Public IP address: Yes",
          "Way to the internet: Internet gateway, with a public address only, NAT, or another way out",
        ],
      ],
      ["Roles and log", ["Log group: /ecs/worker"]],
    ])
    const [definition] = groupsOf(facts)
    expect(definition?.facts[0]?.values).toEqual([{ shown: facts.taskDefinitionArn, copy: facts.taskDefinitionArn }])
    expect(definition?.facts.at(-1)?.values[0]).toMatchObject({ at: "2026-01-01T00:00:00Z" })
  })

  it("of a function say which version serves, and which one before", () => {
    const facts = {
      functionName: "viberator-a",
      alias: "live",
      version: "3",
      formerVersion: "2",
      memorySize: 3008,
      timeout: 900,
      retries: 0,
    }
    expect(shown({ ...facts, state: "gone", lastModified: null })).toEqual([
      ["Function", ["Name: viberator-a", "Alias: live", "Version: 3", "Former version: 2", "State: Gone"]],
      ["Image and size", ["Memory: 3008 MB", "Timeout: 15 minutes"]],
      ["Roles and log", ["Retries by AWS: None: Viberglass tries again itself"]],
    ])
  })

  it("of a host stay as they were, and what is unknown is shown under its own name", () => {
    expect(shown({ hostConnected: true, imageSize: 2048, networkInterfaceId: "eni-1", cpus: null })).toEqual([
      ["Host", ["Host connected: Yes"]],
      ["Image and size", ["Image size: 2.0 kB"]],
      ["Other", ["Network interface id: eni-1"]],
    ])
  })

  it.each([
    [{ clusterStatus: "INACTIVE", status: "ACTIVE" }, ["The cluster is gone."]],
    [{ clusterStatus: "gone", status: "gone" }, ["The cluster is gone.", "The task definition is gone or deregistered."]],
    [{ state: "gone" }, ["The function, or its alias, is gone."]],
    [{ clusterStatus: "ACTIVE", status: "ACTIVE", state: "Active" }, []],
  ])("%j mean %j", (facts, sentences) => {
    expect(goneOf(facts)).toEqual(sentences)
  })

  it("say what stays in AWS, and nothing of a host", () => {
    expect(staysInAws({ functionName: "viberator-a", logGroup: "/aws/lambda/w" })).toEqual([
      "the function viberator-a with its versions",
      "what its workers wrote to the log /aws/lambda/w",
    ])
    expect(staysInAws({ family: "viberator-worker-a" })).toEqual(["the task definition viberator-worker-a with its revisions"])
    expect(staysInAws({ hostId: "hst_1", image: "a" })).toEqual([])
    expect(staysInAws({})).toEqual([])
  })
})

describe("a start that failed", () => {
  it.each([
    ["check network", "AWS does not know what ec2:DescribeSubnets was asked about", "form", /subnets/],
    ["check network", "AWS does not allow ec2:DescribeSubnets to the control plane", "settings", /lacks a right/],
    ["publish version", "AWS could not carry out lambda:PublishVersion in eu-west-1 for the moment (…).", "start", /may pass/],
  ])("at %s with “%s” leads to the %s", (name, message, to, words) => {
    expect(adviceOn({ name, message })).toEqual({ to, words: expect.stringMatching(words) })
  })

  it("says no more where its own words do", () => {
    expect(adviceOn({ name: "find host", message: "No host is connected." })).toBeNull()
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
