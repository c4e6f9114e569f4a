import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { AGENT_SLUGS } from "#contract/agents.ts"
import { fixedSlugify } from "../../testbed/demo-repository.ts"
import { type Docker, startDocker, whyNoDocker } from "../../testbed/docker.ts"
import { buildImage, readImages } from "../../testbed/docker-build.ts"
import { type AgentsRig, startAgentsRig } from "../../worker-runtime/test/agents-rig.ts"
import { ROOT } from "../build.ts"

// The Dockerfiles themselves, built by a real engine on a stand-in for node:24-slim; each build ends with its smoke test.

const missing = whyNoDocker()
const SUCCEEDED = {
  kind: "result",
  outcome: { status: "succeeded", agentVersion: expect.any(String), pullRequest: { number: expect.any(Number) } },
}
/** In the agent's place, so that it surely takes too much. */
const HUNGRY = `#!/bin/sh
if [ "$1" = --version ]; then echo "2.1.328 (hungry)"; exit 0; fi
exec node -e 'for (const all = []; ; ) all.push(Buffer.alloc(16777216, 1))'
`
const MEMORY = "rw,exec,nosuid,nodev,mode=1777,size=1g"
/** What an agent would look at, and how far it gets. */
const PROBE = `
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs"
const look = { environ: readFileSync, maps: readFileSync, fd: readdirSync, mem: (file) => closeSync(openSync(file, "r")) }
const seen = (file, how) => { try { how(file); return "open" } catch (error) { return error.code } }
const pids = { worker: process.ppid, first: 1 }
console.log(JSON.stringify(Object.fromEntries(Object.entries(pids).map(([name, pid]) =>
  [name, Object.fromEntries(Object.entries(look).map(([what, how]) => [what, seen("/proc/" + pid + "/" + what, how)]))]))))
`
/** Started as the worker is, it starts the probe as the worker starts an agent. */
const PARENT = `
import { spawnSync } from "node:child_process"
const { stdout, stderr } = spawnSync("node", ["/probe/probe.mjs"], { encoding: "utf8", env: { PATH: process.env.PATH } })
console.log(stdout || stderr)
`

describe.skipIf(missing !== null)(`worker images${missing ? ` (${missing})` : ""}`, () => {
  let docker: Docker
  let folder: string

  beforeAll(async () => {
    docker = await startDocker({ root: ROOT })
    folder = mkdtempSync(join(tmpdir(), "viberglass-images-"))
    // For the container's user, who is nobody here.
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, "probe.mjs"), PROBE)
    writeFileSync(join(folder, "parent.mjs"), PARENT)
    cpSync(join(ROOT, "infra/workers"), join(folder, "workers"), { recursive: true })
  })
  afterAll(async () => {
    await docker?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(["docker-worker", "claude", "ecs-worker", "multi-agent", "lambda"])(
    "%s builds, and its smoke tests pass as its user and as a stranger",
    async (selector) => {
      const image = await buildImage(docker, selector, { root: ROOT })
      process.stdout.write(`${selector}: ${image.seconds} s, ${Math.round(image.bytes / 1e6)} MB\n`)
      expect(await docker.cli("image", "inspect", "--format", "{{.Config.User}}", image.tag)).toBe("viberator")
    },
  )

  it.each(["multi-agent", "lambda"])("%s works as Lambda runs it: a stranger, to whom only /tmp is open", async (selector) => {
    const { repository = "", agents = [] } = (await readImages(ROOT))[selector] ?? {}
    const said = await docker.cli(
      ...["run", ...FLAGS, "--user", "993:990", "--tmpfs", `/tmp:${MEMORY}`, "--volume", `${folder}/workers:/workers:ro`],
      ...["--entrypoint", "node", `${repository}:latest`, "/workers/docker/setup/smoke.mjs", ...agents],
    )
    expect(said.split("\n")).toEqual(expect.arrayContaining(["as user 993", "viberator on Lambda: bad-event"]))
    for (const agent of agents) expect(said).toContain(`${agent}: `)
  })

  const FLAGS = ["--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
  const inside = ([program = "", ...rest]: string[], ...more: string[]) =>
    docker.cli(
      ...["run", ...FLAGS, ...more, "--volume", `${folder}:/probe:ro`, "--entrypoint", program],
      ...["viberator-worker:latest", ...rest],
    )
  const shut = { environ: "EACCES", maps: "EACCES", fd: "EACCES", mem: "EACCES" }
  const open = { environ: "open", maps: "open", fd: "open", mem: "open" }

  it("closes /proc of the worker and of process 1 to what the worker starts", async () => {
    const entry: unknown = JSON.parse(
      await docker.cli("image", "inspect", "--format", "{{json .Config.Entrypoint}}", "viberator-worker:latest"),
    )
    const programs = Array.isArray(entry) ? entry.map(String).slice(0, -1) : []
    expect(programs).toHaveLength(3)
    expect(JSON.parse(await inside([...programs, "/probe/parent.mjs"]))).toEqual({ worker: shut, first: shut })
  })

  it("would leave it open with programs that can be read", async () => {
    expect(JSON.parse(await inside(["/usr/bin/tini", "--", "/usr/local/bin/node", "/probe/parent.mjs"]))).toEqual({
      worker: open,
      first: open,
    })
  })

  describe("without a control plane", () => {
    let agents: AgentsRig
    /** One payload, with the same bounds as compose and hosts give; answers the result. */
    const worker = async (image: string, file: string, ...more: string[]): Promise<unknown> => {
      const printed = await docker.cli(
        ...["run", "--rm", "--network", "host", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
        ...["--pids-limit", "2048", "--tmpfs", `/tmp:${MEMORY}`, "--tmpfs", `/work:${MEMORY}`, "--volume", `${folder}:/payloads:ro`],
        ...[...more, image, "--payload", `/payloads/${file}`],
      )
      return JSON.parse(printed.split("\n").at(-1) ?? "")
    }
    beforeAll(async () => {
      agents = await startAgentsRig()
    })
    afterAll(() => agents?.close())

    it("the worker of docker-compose.yml does a job from .local/payloads", async () => {
      const payload = agents.payload("claude-code")
      const file = join(ROOT, ".local/payloads", `${payload.job.id}.json`)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify(payload))
      const compose = (...args: string[]) => docker.compose(ROOT, { WORKER_NETWORK: "host" }, "--project-name", "viberglass-test", ...args)
      try {
        expect(await compose("config")).toContain("dockerfile: infra/workers/docker/viberator-docker-worker.Dockerfile")
        const printed = await compose("run", "--rm", "-T", "worker", "--payload", `/payloads/${payload.job.id}.json`)
        expect(JSON.parse(printed.split("\n").at(-1) ?? "")).toMatchObject(SUCCEEDED)
      } finally {
        rmSync(file)
      }
    })

    it("an agent that runs out of memory is told from one that fails", async () => {
      const payload = agents.payload("claude-code")
      writeFileSync(join(folder, "hungry.json"), JSON.stringify(payload))
      writeFileSync(join(folder, "claude"), HUNGRY, { mode: 0o755 })
      const small = ["--memory", "256m", "--memory-swap", "256m", "--env", "PATH=/payloads:/usr/local/bin:/usr/bin:/bin"]
      expect(await worker("viberator-worker:latest", "hungry.json", ...small)).toMatchObject({
        outcome: { status: "failed", failure: { kind: "out-of-memory", step: "run-agent", detail: expect.stringContaining("SIGKILL") } },
      })
    })

    it.each(AGENT_SLUGS.filter((slug) => slug !== "mistral-vibe"))("%s does a whole job inside the image of all agents", async (slug) => {
      const payload = agents.payload(slug)
      writeFileSync(join(folder, `${slug}.json`), JSON.stringify(payload))
      expect(await worker("viberator-worker-multi-agent:latest", `${slug}.json`)).toMatchObject(SUCCEEDED)
      expect(await agents.forge.git("acme/demo", "show", `${payload.repository.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
    })
  })

  it("keeps nothing of the build's registry or certificates, and names what it carries", async () => {
    const traces = "( -name .npmrc -o -name .package-lock.json -path /opt/* -o -path /run/secrets/* -o -name _cacache )"
    const everywhere = ["--user", "root", "--cap-add", "DAC_READ_SEARCH", "--workdir", "/"]
    expect(await inside(["/usr/bin/find", "/", "-xdev", ...traces.split(" ")], ...everywhere)).toBe("")
    const labels: unknown = JSON.parse(
      await docker.cli("image", "inspect", "--format", "{{json .Config.Labels}}", "viberator-worker-multi-agent:latest"),
    )
    expect(labels).toMatchObject({
      "org.opencontainers.image.title": "viberator-worker-multi-agent",
      "dev.viberglass.agents": expect.stringContaining("kimi-code"),
      "dev.viberglass.mistral": "without",
    })
  })
})
