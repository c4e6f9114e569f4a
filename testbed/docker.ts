// A Docker engine of our own for one run of the tests: Debian's dockerd, without networks of its own, on kept layers.
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { mkdir, mkdtemp, open, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { promisify } from "node:util"
import { isAlive, readIfThere, takeLock } from "./installing.ts"

export type Docker = Readonly<{
  /** Path of the engine's socket. */
  socket: string
  /** One command of the docker program; throws with what it printed. */
  cli: (...args: string[]) => Promise<string>
  /** The same of docker-compose, in this folder. */
  compose: (folder: string, env: Record<string, string>, ...args: string[]) => Promise<string>
  /** Stops the engine as its machine would: what runs in it is killed. */
  close: () => Promise<void>
}>

const run = promisify(execFile)
const START_MS = 60_000
const STOP_MS = 30_000
const OUTPUT_BYTES = 64 * 1_048_576
/** Debian keeps administrators' programs where a plain user's PATH does not look. */
const FOLDERS = () => [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin"]
const find = (program: string) => FOLDERS().find((folder) => folder !== "" && existsSync(join(folder, program)))

/** Whether it can be found, also where only root looks. */
export const hasProgram = (program: string) => find(program) !== undefined

/** Debian's own client first: it has BuildKit built in, where a newer one wants a plugin that Debian does not have. */
export const dockerProgram = () => (existsSync("/usr/bin/docker") ? "/usr/bin/docker" : "docker")

/** Why there can be no Docker engine here, in a few words; null when there can. */
export function whyNoDocker(): string | null {
  if (process.platform !== "linux") return "a Docker engine of one's own needs Linux"
  if (process.getuid?.() !== 0) return "a Docker engine of one's own needs root"
  if (!mayMount()) return "a Docker engine of one's own needs the right to mount (CAP_SYS_ADMIN)"
  const missing = ["dockerd", "docker", "docker-compose", "debootstrap"].filter((program) => find(program) === undefined)
  return missing.length > 0 ? `not installed: ${missing.join(", ")}` : null
}

/** Root in a container that was not given it cannot. Source: capabilities(7), bit 21 of the effective set. */
function mayMount(): boolean {
  const [, effective = "0"] = /^CapEff:\t([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? []
  return (BigInt(`0x${effective}`) & (1n << 21n)) !== 0n
}

/**
 * Images and layers stay in `<root>/.local/docker`, so that a second run builds nothing; one engine at a time uses
 * them, and a second one waits. Containers of a former run are removed.
 */
export async function startDocker({ root }: { root: string }): Promise<Docker> {
  const folder = join(root, ".local", "docker")
  await mkdir(folder, { recursive: true })
  const release = await takeLock(`${folder}.lock`)
  await endFormer(folder)
  // A socket's path may have 107 characters, and a clone may lie deep.
  const short = await mkdtemp(join(tmpdir(), "vg-docker-"))
  const socket = join(short, "docker.sock")
  const daemon = await spawnDaemon({ folder, short, socket })
  const env = { PATH: process.env["PATH"], HOME: short, DOCKER_HOST: `unix://${socket}`, DOCKER_BUILDKIT: "1", BUILDKIT_PROGRESS: "plain" }
  const cli = async (...args: string[]) => (await run(dockerProgram(), args, { env, maxBuffer: OUTPUT_BYTES })).stdout.trim()
  const compose: Docker["compose"] = async (cwd, more, ...args) =>
    (await run("docker-compose", args, { cwd, env: { ...env, ...more }, maxBuffer: OUTPUT_BYTES })).stdout.trim()
  const close = async () => {
    await endDaemon(daemon)
    await unmountBelow(short)
    await rm(short, { recursive: true, force: true })
    await release()
  }
  try {
    await untilUp(daemon, cli, folder)
    const left = await cli("ps", "--all", "--quiet")
    if (left !== "") await cli("rm", "--force", "--volumes", ...left.split("\n"))
    // What no name points to any more, and layers beyond what one build of everything needs.
    await cli("image", "prune", "--force")
    await cli("builder", "prune", "--force", "--keep-storage", "8gb")
    return { socket, cli, compose, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function spawnDaemon({ folder, short, socket }: { folder: string; short: string; socket: string }): Promise<ChildProcess> {
  const log = await open(join(folder, "dockerd.log"), "w")
  const args = [
    ...["--host", `unix://${socket}`, "--pidfile", join(folder, "dockerd.pid"), "--data-root", join(folder, "data")],
    ...["--exec-root", join(short, "exec"), "--storage-driver", "overlay2", "--config-file", join(short, "no-config.json")],
    // No rules in the machine's packet filter and no bridge: containers get the networks "host" and "none", no other.
    ...["--iptables=false", "--ip6tables=false", "--bridge=none"],
  ]
  await writeEmptyConfig(short)
  const child = spawn(join(find("dockerd") ?? "/usr/sbin", "dockerd"), args, { stdio: ["ignore", log.fd, log.fd] })
  await log.close()
  return child
}

/** The machine's own /etc/docker/daemon.json is none of ours. */
async function writeEmptyConfig(short: string): Promise<void> {
  const file = await open(join(short, "no-config.json"), "w")
  await file.writeFile("{}")
  await file.close()
}

/** An engine whose test run was killed still holds the layers. */
async function endFormer(folder: string): Promise<void> {
  const pid = Number((await readIfThere(join(folder, "dockerd.pid"))) ?? 0)
  const command = pid > 0 ? await readIfThere(`/proc/${pid}/cmdline`) : null
  if (!command?.includes(join(folder, "data"))) return
  process.kill(pid, "SIGTERM")
  for (const end = Date.now() + STOP_MS; isAlive(pid) && Date.now() < end;) await wait(100)
  if (isAlive(pid)) throw new Error(`The Docker engine of a former run (process ${pid}) does not end.`)
}

async function untilUp(daemon: ChildProcess, cli: Docker["cli"], folder: string): Promise<void> {
  for (const end = Date.now() + START_MS; Date.now() < end; await wait(100)) {
    if (daemon.exitCode !== null || daemon.signalCode !== null) break
    const version = await cli("version", "--format", "{{.Server.Version}}").catch(() => "")
    if (version !== "") return
  }
  const log = await readFile(join(folder, "dockerd.log"), "utf8")
  throw new Error(`dockerd did not start: ${log.trim().split("\n").slice(-5).join("\n")}`)
}

/** What the engine leaves behind: the name of the machine's own network, held by a mount. */
async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "")
  for (const mount of mounts.toReversed()) if (mount.startsWith(`${folder}/`)) await run("umount", [mount])
}

async function endDaemon(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return
  const ended = new Promise((resolve) => daemon.once("exit", resolve))
  daemon.kill("SIGTERM")
  const timer = setTimeout(() => daemon.kill("SIGKILL"), STOP_MS)
  await ended
  clearTimeout(timer)
}
