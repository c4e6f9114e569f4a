// Everything on one machine, usable at once: control plane, host, and (unless --no-demo) a forge, a model and a demo project.
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import type { AgentSlug } from "#contract/agents.ts"
import { chooseAgent } from "./agent.ts"
import { build, ROOT } from "./build.ts"
import { chooseDocker, probeControlPlane } from "./docker.ts"
import { freePort, isFree, serve } from "./serve.ts"
import { type DockerChoice, startWorld, type World } from "./world.ts"

const HELP = `npm start -- [options]

  --port N            where the control plane listens on 127.0.0.1 (8787)
  --no-demo           no demo project, forge, model or host
  --engine ENGINE     how the host runs workers: process (no isolation), or docker
  --agent SLUG        the demo's agent (one found on the PATH, else opencode; with docker claude-code)
  --image NAME        docker: the worker's image (the agent's own of this repository)
  --network NAME      docker: host or bridge (host on Linux, where a bridge does not reach 127.0.0.1)
  --state FOLDER      where everything is kept (.local)
  --reset             forget everything that was kept there`

interface Access {
  url: string
  email: string
  password: string
  token: string
}
interface Kept {
  ports: { forge: number; model: number }
  host: { id: string; token: string } | null
  engine: Engine
}
type Engine = "process" | "docker"

async function start(): Promise<number> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      state: { type: "string", default: ".local" },
      engine: { type: "string", default: "process" },
      agent: { type: "string" },
      image: { type: "string" },
      network: { type: "string" },
      "no-demo": { type: "boolean", default: false },
      reset: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  })
  if (values.help) return say(HELP, 0)
  const { engine, image, network } = values
  if (engine !== "process" && engine !== "docker") return say(`--engine must be process or docker, not "${engine}".`, 64)
  const agent = chooseAgent(values.agent ?? (engine === "docker" ? "claude-code" : undefined))
  const docker = engine === "docker" ? await chooseDocker({ agent, image, network }) : undefined
  if (typeof docker === "string") return say(docker, 64)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return say(`--port must be a number from 1 to 65535, not "${values.port}".`, 64)
  if (!(await isFree(port))) return say(`Port ${port} is taken on 127.0.0.1: stop what listens there, or choose another with --port.`, 1)

  const state = resolve(ROOT, values.state)
  if (values.reset) forget(state)
  build()
  mkdirSync(state, { recursive: true })
  const log = createWriteStream(join(state, "control-plane.log"), { flags: "a", mode: 0o600 })
  const demo = values["no-demo"] ? null : await keptDemo(state, engine)
  if (demo && demo.engine !== engine)
    return say(
      `What is kept in ${values.state} was made with --engine ${demo.engine}: say that, add --reset, or choose another --state.`,
      64,
    )
  const vars = passedThrough(demo ? [`http://127.0.0.1:${demo.ports.forge}`] : [])
  const control = await serve({ state: join(state, "control-plane"), port, log: (line) => log.write(`${line}\n`), vars })
  const access = await ensureAccess(state, control)
  const problem = docker && (await probeControlPlane(docker, control.url))
  if (problem !== undefined) {
    await control.close()
    return say(problem, 1)
  }
  const world = demo && (await demoWorld(state, access, { kept: demo, agent, docker }))
  say(banner(access, world), 0)

  // Miniflare ends the process at once on a signal; the host and what it runs must end first.
  for (const signal of SIGNALS) process.removeAllListeners(signal)
  await new Promise<void>((done) => SIGNALS.forEach((signal) => process.once(signal, () => done())))
  say("Stopping …", 0)
  await world?.close()
  await control.close()
  log.end()
  return 0
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const

function forget(state: string): void {
  const hosts = existsSync(state) ? readdirSync(state).filter((name) => name.startsWith("host-hst_")) : []
  for (const name of [...KEPT_HERE, ...hosts]) rmSync(join(state, name), { recursive: true, force: true })
}
const KEPT_HERE = ["control-plane", "forge", "access.json", "demo.json", "control-plane.log"]

/** A local admin, made once; the file is for people and programs on this machine (mode 600, git-ignored). */
async function ensureAccess(state: string, control: Awaited<ReturnType<typeof serve>>): Promise<Access> {
  const file = join(state, "access.json")
  const known: Partial<Access> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}
  const { email = "admin@viberglass.local", password, token } = known
  const made = password && token ? { email, password, token } : await control.createAdmin(email)
  const access = { url: control.url, ...made }
  writeFileSync(file, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 })
  return access
}

/** Forge, model and host as they were at the last start, because their addresses stand in the project; else free ports. */
async function keptDemo(state: string, engine: Engine): Promise<Kept> {
  const file = demoFile(state)
  if (!existsSync(file)) return { ports: { forge: await freePort(), model: await freePort() }, host: null, engine }
  // Written by a release that knew processes only when it says nothing.
  const kept: Omit<Kept, "engine"> & { engine?: Engine } = JSON.parse(readFileSync(file, "utf8"))
  return { engine: "process", ...kept }
}
const demoFile = (state: string) => join(state, "demo.json")

async function demoWorld(
  state: string,
  { url, token }: Access,
  { kept: { ports, host: known, engine }, agent, docker }: { kept: Kept; agent: AgentSlug; docker: DockerChoice | undefined },
): Promise<World> {
  const world = await startWorld({ state, url, token, agent, ports, ...(docker && { docker }) })
  const { host, token: hostToken } = await world.startHost("this machine", undefined, known ?? undefined)
  writeFileSync(demoFile(state), JSON.stringify({ ports, host: { id: host.id, token: hostToken }, engine } satisfies Kept), { mode: 0o600 })
  if (!known) {
    const { project } = await world.prepare({ repository: "acme/demo", project: "Demo" })
    await world.api.post("/api/tickets", {
      projectId: project.id,
      title: "slugify loses letters with accents",
      description: "`npm test` fails. A title such as “Über uns!” must become `uber-uns`: accents folded, not dropped.",
      severity: "high",
    })
  } else await world.forge.createRepository({ name: "acme/demo", files: {} })
  return world
}

const banner = ({ url, email, password }: Access, world: World | null): string =>
  [
    "",
    `  Viberglass   ${url}`,
    `  log in with  ${email}`,
    `  password     ${password}`,
    ...(world
      ? [
          "",
          `  Demo project with ${world.agent.slug} ${world.agent.version}; the model is SCRIPTED, the forge is a stand-in at ${world.forge.url}.`,
          world.docker
            ? `  Workers run as containers of ${world.docker.image}, in the network "${world.docker.networkMode}".`
            : "  Workers run as plain processes of this machine: no isolation.",
        ]
      : []),
    "",
    "  Ctrl-C stops everything; what was done is kept.",
    "",
  ].join("\n")

/** What an operator may want to hand to the control plane. */
function passedThrough(origins: readonly string[]): Record<string, string> {
  const wanted = /^(AWS_.*|MANAGED_DEFAULTS)$/
  const variables = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value !== undefined && wanted.test(name) ? [[name, value]] : [])),
  )
  return { ...variables, OUTBOUND_ALLOW: [process.env["OUTBOUND_ALLOW"] ?? "", ...origins].filter(Boolean).join(",") }
}

function say(text: string, code: number): number {
  console.log(text)
  return code
}

process.exitCode = await start()
