// `npm start -- --engine docker`: looks before it leaps, and says in one sentence what is missing.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import Dockerode from "dockerode"
import type { AgentSlug } from "#contract/agents.ts"
import { ROOT } from "./build.ts"
import type { DockerChoice } from "./world.ts"

interface Wanted {
  agent: AgentSlug
  image: string | undefined
  network: string | undefined
}
interface Image {
  repository: string
  dockerfile: string
  agents: string[]
}

/** What host and clanker are to use, or why that does not work here. */
export async function chooseDocker({ agent, image, network }: Wanted): Promise<DockerChoice | string> {
  const networkMode = network ?? defaultNetwork()
  if (networkMode !== "host" && networkMode !== "bridge") return `--network must be host or bridge, not "${networkMode}".`
  const { docker, at } = findEngine()
  const own = imageOf(agent)
  const name = image ?? `${own.repository}:latest`
  try {
    await docker.ping()
  } catch (error) {
    return `Docker does not answer at ${at} (${wordsOf(error)}): start it, or leave --engine docker out.`
  }
  try {
    await docker.getImage(name).inspect()
  } catch (error) {
    if (!(error instanceof Error && "statusCode" in error && error.statusCode === 404)) throw error
    const build = `docker build -f infra/workers/${own.dockerfile} -t ${own.repository}:latest .`
    return `There is no image ${name} here: build it with \`${build}\`, then start again.`
  }
  return { socket: at, image: name, networkMode }
}

/** On Linux 127.0.0.1 cannot be reached from a bridge; Docker Desktop reaches it by host.docker.internal. */
const defaultNetwork = () => (process.platform === "linux" ? "host" : "bridge")

const PROBE = `fetch(process.argv[1] + "/health", { signal: AbortSignal.timeout(10000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`

/** Undefined when a container like a worker's reaches the control plane, else what to do, in one sentence. */
export async function probeControlPlane({ image, networkMode }: DockerChoice, url: string): Promise<string | undefined> {
  const seen = networkMode === "bridge" ? url.replace("127.0.0.1", "host.docker.internal") : url
  const other = networkMode === "bridge" ? "host" : "bridge"
  const advice = `choose the other network with --network ${other}, or leave --engine docker out`
  let container: Dockerode.Container | undefined
  try {
    container = await findEngine().docker.createContainer({
      Image: image,
      Entrypoint: ["node", "-e", PROBE, seen],
      HostConfig: { NetworkMode: networkMode, ...(networkMode === "bridge" ? { ExtraHosts: ["host.docker.internal:host-gateway"] } : {}) },
    })
    await container.start()
    const { StatusCode }: { StatusCode: number } = await container.wait()
    return StatusCode === 0 ? undefined : `A container in the network "${networkMode}" does not reach ${seen}: ${advice}.`
  } catch (error) {
    return `A container in the network "${networkMode}" could not be tried (${wordsOf(error)}): ${advice}.`
  } finally {
    await container?.remove({ force: true })
  }
}

/** The engine where the host will look for it, too. */
function findEngine(): { docker: Dockerode; at: string } {
  const [, socket = "/var/run/docker.sock"] = /^unix:\/\/(.+)$/.exec(process.env["DOCKER_HOST"] ?? "") ?? []
  return { docker: new Dockerode({ socketPath: socket }), at: socket }
}

/** The local image for Claude Code, one with that agent alone for the others. */
function imageOf(agent: AgentSlug): Image {
  const { images }: { images: Record<string, Image> } = JSON.parse(readFileSync(join(ROOT, "infra/workers/images.json"), "utf8"))
  const image = Object.values(images).find(({ agents }) => agents.length === 1 && agents[0] === agent)
  if (!image) throw new Error(`images.json has no image for ${agent}.`)
  return image
}

const wordsOf = (error: unknown) => (error instanceof Error ? error.message.trim() : String(error))
