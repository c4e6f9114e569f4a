import { describe, expect, it } from "vitest"
import { AGENT_SLUGS, lacksAgent, repositoryOfImage } from "#contract/agents.ts"
import { imageWarnings } from "./images.ts"

const known = AGENT_SLUGS.map((slug) => ({
  slug,
  images: ["viberator-worker-multi-agent", ...(slug === "claude-code" ? ["viberator-worker", "viberator-worker-claude"] : [])],
}))
const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"

describe("an image", () => {
  it.each([
    ["viberator-worker:latest", "viberator-worker"],
    [`${ecr}/viberator-worker-multi-agent`, "viberator-worker-multi-agent"],
    [`${ecr}/viberator-worker:dev-latest`, "viberator-worker"],
    ["localhost:5000/team/worker:1@sha256:abc", "worker"],
    [`worker@sha256:${"0".repeat(64)}`, "worker"],
  ])("%s is of the repository %s", (image, repository) => {
    expect(repositoryOfImage(image)).toBe(repository)
  })

  it.each([
    ["of the catalogue without the agent", "viberator-worker:latest", "codex", true],
    ["of the catalogue with it", "viberator-worker:latest", "claude-code", false],
    ["with all of them", `${ecr}/viberator-worker-multi-agent:prod-1`, "codex", false],
    ["of somebody's own", `${ecr}/our-worker`, "codex", false],
  ] as const)("%s: %s and %s", (_what, image, agent, lacks) => {
    expect(lacksAgent(image, agent, known)).toBe(lacks)
  })

  it("that lacks the agent is told with those that carry it, whatever the strategy", () => {
    const message = `The image ${ecr}/viberator-worker:1 does not carry OpenAI Codex: its jobs will fail. Choose viberator-worker-multi-agent.`
    const lambda = { timeout: 900, memorySize: 3008, ephemeralStorage: 4096, architecture: "x86_64" } as const
    expect(
      imageWarnings("codex", { computeType: "lambda", imageUri: `${ecr}/viberator-worker:1`, ...lambda }, { facts: null, known }),
    ).toEqual([{ code: "image.lacks-agent", message }])
    const docker = { computeType: "docker", networkMode: "bridge" } as const
    expect(imageWarnings("codex", { ...docker, containerImage: `${ecr}/viberator-worker:1` }, { facts: null, known })).toHaveLength(1)
    // What is left empty is chosen at the start.
    expect(imageWarnings("codex", docker, { facts: null, known })).toEqual([])
    // A host that starts plain processes looks at no image.
    const onProcesses = { facts: { engine: "process" }, known }
    expect(imageWarnings("codex", { ...docker, containerImage: "viberator-worker:1" }, onProcesses)).toEqual([])
  })
})
