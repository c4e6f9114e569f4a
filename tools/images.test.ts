import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { AGENT_SLUGS } from "#contract/agents.ts"
import { readImages } from "../testbed/docker-build.ts"
import { ROOT } from "./build.ts"

const WORKERS = join(ROOT, "infra/workers")
const images = await readImages(ROOT)
const text = (file: string) => readFileSync(join(WORKERS, file), "utf8")

describe("the catalogue of images", () => {
  it("names every Dockerfile once, and no other", () => {
    const files = readdirSync(join(WORKERS, "docker"), { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".Dockerfile"))
    expect(Object.values(images).map(({ dockerfile }) => dockerfile)).toEqual(expect.arrayContaining(files.map((file) => `docker/${file}`)))
    expect(Object.keys(images)).toHaveLength(files.length)
    expect(new Set(Object.values(images).map(({ repository }) => repository)).size).toBe(files.length)
  })

  it("has one image for each agent, two for all of them, and Claude Code's for hosts and for ECS", () => {
    const places = ["docker-worker", "ecs-worker", "multi-agent", "lambda"]
    const single = Object.entries(images).filter(([selector]) => !places.includes(selector))
    expect(single.map(([, { agents }]) => agents.join(" ")).toSorted()).toEqual(AGENT_SLUGS.toSorted())
    for (const selector of ["multi-agent", "lambda"]) expect(images[selector]?.agents.toSorted()).toEqual(AGENT_SLUGS.toSorted())
    for (const selector of ["docker-worker", "ecs-worker"]) expect(images[selector]?.agents).toEqual(["claude-code"])
  })
})

describe.each(Object.entries(images))("the Dockerfile of %s", (_selector, { repository, dockerfile, agents }) => {
  it("installs and smoke-tests the agents that the catalogue promises", () => {
    expect(text(dockerfile)).toContain(`ARG AGENTS="${agents.join(" ")}"`)
    expect(text(dockerfile)).toContain(`org.opencontainers.image.title="${repository}"`)
    expect(text(dockerfile)).toContain(`-t ${repository}:latest`)
  })

  it("is cut like the others: it differs in its names and in Mistral's own stage only", () => {
    const pattern = images[agents.includes("mistral-vibe") ? "multi-agent" : "claude"]
    expect(cut(text(dockerfile))).toBe(cut(text(pattern?.dockerfile ?? "")))
  })

  it("starts the worker by programs that its user may not read, and never as root", () => {
    const lines = text(dockerfile).trim().split("\n")
    expect(lines.at(-1)).toBe(
      'ENTRYPOINT ["/usr/local/lib/viberator/tini", "--", "/usr/local/lib/viberator/node", "/opt/viberator/viberator.mjs"]',
    )
    expect(lines.filter((line) => line.startsWith("USER "))).toEqual(["USER viberator", "USER 993:990", "USER viberator"])
  })

  it("is tried as its own user and as a stranger, and carries AWS's runtime client beside the worker", () => {
    const steps = text(dockerfile).replaceAll("\\\n", " ").split("\n")
    const tried = steps.flatMap((step, at) => (step.includes("setup/smoke.mjs ${AGENTS}") ? [at] : []))
    expect(tried.map((at) => steps.slice(0, at).findLast((step) => step.startsWith("USER ")))).toEqual(["USER viberator", "USER 993:990"])
    expect(steps).toContain("COPY --from=lambda-client /opt/viberator/node_modules /opt/viberator/node_modules")
  })
})

/** Without comments and without what names one image. */
function cut(dockerfile: string): string {
  return dockerfile
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.replace(/^(ARG AGENTS=|LABEL \S+title=|\s+org\.opencontainers\.image\.description=).*$/, "$1"))
    .join("\n")
}
