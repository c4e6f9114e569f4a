import { z } from "zod"
import { AGENT_SLUGS, AGENTS, type AgentSlug, lacksAgent } from "#contract/agents.ts"
import type { DeploymentConfig } from "#contract/clankers.ts"
import catalogue from "../../infra/workers/images.json"

const catalogueSchema = z.object({
  images: z.record(z.string(), z.object({ repository: z.string(), agents: z.array(z.enum(AGENT_SLUGS)) })).default({}),
})
const IMAGES = Object.values(catalogueSchema.parse(catalogue).images)

/** Repositories of the images that carry this agent, as the catalogue of images says. */
export const imagesWith = (agent: AgentSlug): string[] =>
  IMAGES.filter(({ agents }) => agents.includes(agent)).map(({ repository }) => repository)

const KNOWN = AGENT_SLUGS.map((slug) => ({ slug, images: imagesWith(slug) }))

/** The image that somebody chose; what is left empty is decided at the start. */
export const imageOf = (config: DeploymentConfig): string | undefined =>
  config.computeType === "lambda" ? config.imageUri : config.containerImage

type Facts = Readonly<Record<string, unknown>>

/** `facts` are of what stands there now. An image of an unknown repository is somebody's own: nothing is said of it; nor of one that a process host ignores. */
export function imageWarnings(
  agent: AgentSlug,
  config: DeploymentConfig,
  { facts, known = KNOWN }: { facts: Facts | null; known?: typeof KNOWN },
): { code: "image.lacks-agent"; message: string }[] {
  const image = imageOf(config)
  if (config.computeType === "docker" && facts?.["engine"] === "process") return []
  if (image === undefined || !lacksAgent(image, agent, known)) return []
  const { name } = AGENTS[agent]
  return [
    {
      code: "image.lacks-agent",
      message: `The image ${image} does not carry ${name}: its jobs will fail. Choose ${listOf(agent, known)}.`,
    },
  ]
}

const listOf = (agent: AgentSlug, known: typeof KNOWN): string => (known.find(({ slug }) => slug === agent)?.images ?? []).join(" or ")
