import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Clanker } from "#contract/clankers.ts"
import type { Job } from "#contract/jobs.ts"
import type { Ticket } from "#contract/tickets.ts"
import { type Docker, startDocker, whyNoDocker } from "../../testbed/docker.ts"
import { buildImage } from "../../testbed/docker-build.ts"
import { createApi } from "../api.ts"
import { ROOT } from "../build.ts"
import { freePort } from "../serve.ts"
import { interrupt, npmStart, processesOf, type Started } from "./npm-start.ts"
import { until } from "./processes.ts"

const missing = whyNoDocker()
const last = ({ said }: Started) => said.trim().split("\n").at(-1)

describe.skipIf(missing !== null)(`npm start with containers${missing ? ` (${missing})` : ""}`, () => {
  let docker: Docker
  let state: string
  let port: number
  beforeAll(async () => {
    docker = await startDocker({ root: ROOT })
    await buildImage(docker, "docker-worker", { root: ROOT })
    state = mkdtempSync(join(tmpdir(), "viberglass-docker-start-"))
    port = await freePort()
  })
  afterAll(async () => {
    await docker?.close()
    rmSync(state, { recursive: true, force: true })
  })
  const start = (options: string[], socket = docker.socket) =>
    npmStart(["--engine", "docker", "--port", String(port), "--state", state, ...options], { DOCKER_HOST: `unix://${socket}` })

  it("says in a sentence what is missing: the engine, the image, the way to the control plane", async () => {
    const engine = await start([], join(state, "none.sock"))
    expect([await engine.ended, last(engine)]).toEqual([
      64,
      expect.stringMatching(/^Docker does not answer at .*none\.sock .*leave --engine docker out/),
    ])
    const image = await start(["--image", "nowhere:1"])
    const build = "docker build -f infra/workers/docker/viberator-docker-worker.Dockerfile -t viberator-worker:latest ."
    expect([await image.ended, last(image)]).toEqual([
      64,
      `There is no image nowhere:1 here: build it with \`${build}\`, then start again.`,
    ])
    const network = await start(["--network", "somebody"])
    expect([await network.ended, last(network)]).toEqual([64, '--network must be host or bridge, not "somebody".'])
    // The test's engine has no bridge.
    const bridge = await start(["--network", "bridge"])
    expect([await bridge.ended, last(bridge)]).toEqual([1, expect.stringMatching(/^A container in the network "bridge" .*--network host/)])
  })

  it("runs the demo's ticket in a container, and takes it along when it ends", async () => {
    const { child, said, ended } = await start([])
    expect(said).toContain('Workers run as containers of viberator-worker:latest, in the network "host".')
    const { url, token }: { url: string; token: string } = JSON.parse(readFileSync(join(state, "access.json"), "utf8"))
    const api = createApi(url, token)
    const [clanker] = (await api.get<{ items: Clanker[] }>("/api/clankers")).items
    expect(clanker).toMatchObject({ status: "active", agent: "claude-code", deployment: { facts: { engine: "docker" } } })
    const [ticket] = (await api.get<{ items: Ticket[] }>("/api/tickets")).items
    const { job } = await api.post<{ job: Job }>(`/api/tickets/${ticket?.id}/phases/research/runs`, {})
    expect(await api.follow(job.id, { event: () => undefined })).toMatchObject({ status: "succeeded", attempt: 1 })

    interrupt(child)
    await ended
    // npm may be gone a moment before what it started.
    await until(() => processesOf(state).length === 0, 10_000)
    expect(await docker.cli("ps", "--quiet")).toBe("")

    const other = await npmStart(["--port", String(port), "--state", state])
    expect([await other.ended, last(other)]).toEqual([64, expect.stringMatching(/was made with --engine docker: say that, add --reset/)])
  })
})
