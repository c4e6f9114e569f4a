import { createServer, type Server } from "node:http"
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer as createSocketServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import type { RunArgs } from "#contract/host.ts"
import { type Docker, startDocker, whyNoDocker } from "../../testbed/docker.ts"
import { ensureBaseImage } from "../../testbed/docker-base.ts"
import { type DockerEngineOptions, dockerEngine } from "../host/docker.ts"
import type { Engine, Exited } from "../host/engine.ts"
import { createLog } from "../log.ts"
import { createRedactor } from "../redact.ts"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const IMAGE = "docker-test-worker:latest"
const missing = whyNoDocker()

describe.skipIf(missing !== null)(`a host on a real Docker engine${missing ? ` (${missing})` : ""}`, () => {
  let docker: Docker
  let folder = ""
  let engines: Engine[] = []
  let runs = 0

  beforeAll(async () => {
    docker = await startDocker({ root: ROOT })
    await ensureBaseImage(docker, { root: ROOT })
    const context = mkdtempSync(join(tmpdir(), "viberator-docker-image-"))
    copyFileSync(new URL("docker-worker.mjs", import.meta.url), join(context, "worker.mjs"))
    writeFileSync(join(context, "Dockerfile"), 'FROM node:24-slim\nCOPY worker.mjs /\nUSER node\nENTRYPOINT ["node", "/worker.mjs"]\n')
    await docker.cli("build", "--tag", IMAGE, "--file", join(context, "Dockerfile"), context)
    rmSync(context, { recursive: true })
  })
  afterAll(() => docker?.close())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "viberator-docker-test-"))
  })
  afterEach(async () => {
    for (const engine of engines) engine.close()
    engines = []
    const left = await docker.cli("ps", "--all", "--quiet")
    if (left !== "") await docker.cli("rm", "--force", ...left.split("\n"))
    rmSync(folder, { recursive: true, force: true })
  })

  const open = async ({ hostId = "hst_1", state = "state", ...options }: Opening = {}) => {
    const policy = { hostId, networks: [], pidsLimit: 64, tmpMb: 16, workMb: 32, forwarded: {} }
    const log = createLog({ redactor: createRedactor(), fields: { room: "test" } })
    const engine = await dockerEngine({
      socket: docker.socket,
      state: join(folder, state),
      slots: 4,
      policy,
      log,
      dockerConfig: join(folder, "config.json"),
      ...options,
    })
    engines.push(engine)
    return engine
  }
  const newRun = (how: string, more: Partial<RunArgs> = {}): RunArgs => {
    const jobId = `job_${how}_${process.pid}-${++runs}`
    const env = {
      VIBERATOR_JOB_ID: jobId,
      VIBERATOR_ATTEMPT: "1",
      CONTROL_PLANE_URL: "http://127.0.0.1:1",
      VIBERATOR_LAUNCH_TOKEN: "vl_test",
    }
    return { jobId, attempt: 1, image: IMAGE, networkMode: "none", env, ...more }
  }
  const started = async (engine: Engine, how: string, more: Partial<RunArgs> = {}) => {
    const args = newRun(how, more)
    const { handle } = await engine.run(args, `run:${args.jobId}`)
    await vi.waitFor(async () => expect(await engine.logs(handle, 10)).toMatch(/first line[^]*last line|last line[^]*first line/), {
      timeout: 15_000,
    })
    return { args, handle, callId: `run:${args.jobId}` }
  }
  const printed = (engine: Engine, handle: string) =>
    vi.waitFor(async () => JSON.parse((await engine.logs(handle, 10)).split("\n").find((line) => line.startsWith("{")) ?? "nothing"), {
      timeout: 30_000,
    })
  const containers = async () => (await docker.cli("ps", "--all", "--format", "{{.Names}}")).split("\n").filter(Boolean)

  describe("an image", () => {
    it("is described by the engine", async () => {
      const engine = await open()
      expect(engine).toMatchObject({ kind: "docker", version: expect.stringMatching(/^docker \d+\.\d+.* \(API 1\.\d+\)$/) })
      expect(await engine.image("docker-test-worker", true)).toEqual({
        id: await docker.cli("image", "inspect", "--format", "{{.Id}}", IMAGE),
        size: expect.any(Number),
      })
    })

    it("that would run as root is refused", async () => {
      await expect((await open()).image("node:24-slim", false)).rejects.toMatchObject({ code: "image-root" })
    })

    it("that is nowhere is missing, refused or out of reach, as its registry says", async () => {
      const engine = await open()
      await expect(engine.image("nowhere/worker", false)).rejects.toMatchObject({ class: "not-found", code: "image-missing" })
      await expect(engine.image("UPPER", false)).rejects.toMatchObject({ code: "image-missing" })
      await expect(engine.image("127.0.0.1:1/worker", true)).rejects.toMatchObject({ class: "transient", code: "pull-failed" })
      const registry = await startRegistry()
      try {
        const asked = (path: string) => engine.image(`127.0.0.1:${registry.port}/${path}`, true)
        await expect(asked("none/worker:1")).rejects.toMatchObject({ code: "pull-denied" })
        const auth = Buffer.from("ada:secret").toString("base64")
        writeFileSync(join(folder, "config.json"), JSON.stringify({ auths: { [`127.0.0.1:${registry.port}`]: { auth } } }))
        await expect(asked("none/worker:1")).rejects.toMatchObject({ code: "image-missing" })
        await expect(asked("denied/worker:1")).rejects.toMatchObject({ class: "permanent", code: "pull-denied" })
        expect(registry.callers()).toEqual([`Basic ${auth}`])
      } finally {
        registry.server.close()
      }
    })
  })

  describe("a run", () => {
    it("is shut in: seen from inside", async () => {
      const engine = await open()
      const { args, handle } = await started(engine, "facts", { cpus: 0.5, memoryMb: 256 })
      const seen = await printed(engine, handle)
      expect(seen).toMatchObject({
        ...{ uid: "1000", CapEff: "0000000000000000", CapBnd: "0000000000000000", NoNewPrivs: "1" },
        ...{ root: "EROFS", home: "EROFS", tmp: "allowed", work: "allowed", run: "allowed", socket: false },
        ...{ pids: "64", memory: String(256 * 1_048_576), quota: expect.stringMatching(/^50000/) },
        env: { ...args.env, VIBERATOR_WORK_DIR: "/work", VIBERATOR_COMPUTE_KIND: "docker", VIBERATOR_COMPUTE_ID: handle },
      })
      expect(Object.keys(seen.env).filter((name) => name.startsWith("VIBERATOR_") || name === "CONTROL_PLANE_URL")).toHaveLength(7)
      expect(seen.mounts.find((line: string) => line.startsWith("tmpfs /work "))).toMatch(/rw,nosuid,nodev,.*size=32768k/)
    })

    it("cannot start processes without end", async () => {
      const engine = await open()
      const { handle } = await started(engine, "fork")
      const { started: programs, code } = await printed(engine, handle)
      expect(code).toBe("EAGAIN")
      expect(programs).toBeLessThan(64)
    })

    it("is begun once, whoever asks again, and its container stays until its exit is stored", async () => {
      const engine = await open()
      const { args, handle, callId } = await started(engine, "exit7")
      const exit = await exitOf(engine, handle)
      expect(exit).toEqual({
        ...{ jobId: args.jobId, attempt: 1, handle, exitCode: 7, oom: false },
        reason: "The worker ended with exit code 7.",
      })
      expect(await engine.inspect(handle)).toMatchObject({
        ...{ state: "stopped", exitCode: 7, oom: false },
        ...{ startedAt: expect.stringMatching(/^20/), finishedAt: expect.stringMatching(/^20/) },
      })
      expect(await engine.run(args, callId)).toEqual({ handle })
      await expect(engine.run(args, "another call")).rejects.toMatchObject({ class: "permanent", code: "already-ran" })
      expect(await containers()).toEqual([handle])
      engine.stored(args.jobId, 1)
      await vi.waitFor(async () => expect(await containers()).toEqual([]), { timeout: 15_000 })
      expect(engine.unstored()).toEqual([])
      // Two streams are written down by two readers: each in its order, the two in any.
      expect((await engine.logs(handle, 10)).split("\n").toSorted()).toEqual(["first line", "last line"])
      expect(await engine.logs(handle, 1)).toMatch(/^(first|last) line$/)
      await expect(engine.run(args, "another call")).rejects.toMatchObject({ code: "already-ran" })
    })

    it("is refused without leaving anything behind", async () => {
      const engine = await open({ slots: 1 })
      await expect(engine.run(newRun("wait", { image: "nowhere/worker" }), "a")).rejects.toMatchObject({ code: "image-missing" })
      await expect(engine.run(newRun("wait", { networkMode: "host" }), "b")).rejects.toMatchObject({ code: "network-not-allowed" })
      const wrong = newRun("wait")
      await expect(engine.run({ ...wrong, attempt: 2 }, "c")).rejects.toMatchObject({ code: "bad-launch" })
      const args = newRun("wait")
      await docker.cli("create", "--name", `viberator-${args.jobId}-1`, IMAGE)
      await expect(engine.run(args, "d")).rejects.toMatchObject({ class: "permanent", code: "name-conflict" })
      await docker.cli("rm", `viberator-${args.jobId}-1`)
      const { handle } = await engine.run(args, "e")
      await expect(engine.run(newRun("wait"), "f")).rejects.toMatchObject({ class: "transient", code: "no-slot" })
      expect(await containers()).toEqual([handle])
    })

    it("out of memory is known as such", async () => {
      const engine = await open()
      const { handle } = await started(engine, "eat", { memoryMb: 96 })
      expect(await exitOf(engine, handle)).toMatchObject({ exitCode: 137, oom: true, reason: expect.stringContaining("limit of 96 MB") })
    })
  })

  describe("a stop", () => {
    it("asks first, and forces at the end of the grace", async () => {
      const engine = await open()
      const polite = await started(engine, "polite")
      await engine.stop(polite.handle, 60_000)
      expect(await exitOf(engine, polite.handle)).toMatchObject({
        exitCode: 0,
        reason: expect.stringContaining("It had been asked to stop."),
      })
      await engine.stop(polite.handle, 0)
      const deaf = await started(engine, "deaf")
      await engine.stop(deaf.handle, 300)
      expect(await exitOf(engine, deaf.handle)).toMatchObject({ signal: "SIGKILL", oom: false })
      await expect(engine.stop("viberator-unknown-1", 0)).rejects.toMatchObject({ class: "not-found" })
    })

    it("that a former host process promised is kept", async () => {
      const first = await open()
      const { handle } = await started(first, "deaf")
      await first.stop(handle, 1500)
      first.close()
      expect(await exitOf(await open(), handle)).toMatchObject({ signal: "SIGKILL", reason: expect.stringContaining("asked to stop") })
    })
  })

  describe("a new host process", () => {
    it("finds its workers again, and how those ended that it missed", async () => {
      const first = await open()
      const goesOn = await started(first, "polite")
      const ends = await started(first, "polite")
      first.close()
      await docker.cli("kill", "--signal", "TERM", ends.handle)
      await docker.cli("wait", ends.handle)
      const second = await open()
      expect(second.running()).toEqual([{ jobId: goesOn.args.jobId, attempt: 1, handle: goesOn.handle }])
      expect(second.unstored()).toMatchObject([{ handle: ends.handle, exitCode: 0 }])
      expect(await second.run(goesOn.args, goesOn.callId)).toEqual({ handle: goesOn.handle })
    })

    it("finds them by their labels when its records are lost", async () => {
      const first = await open()
      const { args, handle, callId } = await started(first, "polite")
      first.close()
      const second = await open({ state: "another" })
      expect(second.running()).toEqual([{ jobId: args.jobId, attempt: 1, handle }])
      expect(await second.run(args, callId)).toEqual({ handle })
      await expect(second.run(args, "another")).rejects.toMatchObject({ code: "already-ran" })
      await second.stop(handle, 60_000)
      expect(await exitOf(second, handle)).toMatchObject({ exitCode: 0 })
    })

    it("counts a start that was interrupted as run, before and after the container was made", async () => {
      const labels = { host: "hst_1", job: "job_made", attempt: "1", call: "c" }
      const flags = Object.entries(labels).flatMap(([name, value]) => ["--label", `dev.viberglass.${name}=${value}`])
      await docker.cli("create", "--name", "viberator-job_made-1", ...flags, IMAGE)
      mkdirSync(join(folder, "state", "runs"), { recursive: true })
      const record = { jobId: "job_x", attempt: 1, handle: "viberator-job_x-1", callId: "c", startedAt: 1, stored: false }
      writeFileSync(join(folder, "state", "runs", "viberator-job_x-1.json"), JSON.stringify(record))
      const engine = await open()
      expect(await exitOf(engine, "viberator-job_made-1")).toMatchObject({ exitCode: null, reason: expect.stringContaining("never ran") })
      expect(await exitOf(engine, record.handle)).toMatchObject({ exitCode: null, reason: expect.stringContaining("did not finish") })
    })

    it("tells of a container that somebody removed", async () => {
      const engine = await open()
      const { handle } = await started(engine, "wait")
      await docker.cli("rm", "--force", handle)
      expect(await exitOf(engine, handle)).toMatchObject({ exitCode: null, reason: expect.stringContaining("somebody removed it") })
    })
  })

  it("leaves another host's containers alone until they are surely left over", async () => {
    const other = await open({ hostId: "hst_2", state: "other" })
    const runsOn = await started(other, "polite")
    const ended = await started(other, "exit7")
    await exitOf(other, ended.handle)
    other.close()
    const first = await open()
    expect(first.running()).toEqual([])
    expect((await containers()).toSorted()).toEqual([runsOn.handle, ended.handle].toSorted())
    first.close()
    await open({ leftMs: 0 })
    expect(await containers()).toEqual([runsOn.handle])
  })

  it("concludes nothing from an engine that is away, and goes on when it is back", async () => {
    const socket = join(folder, "engine.sock")
    await expect(open({ socket })).rejects.toMatchObject({ class: "transient", code: "engine-unreachable" })
    const road = await openRoad(socket, docker.socket)
    const engine = await open({ socket })
    const { args, handle } = await started(engine, "polite")
    await road.close()
    await docker.cli("kill", "--signal", "TERM", handle)
    await docker.cli("wait", handle)
    await expect(engine.run(newRun("wait"), "x")).rejects.toMatchObject({ class: "transient", code: "engine-unreachable" })
    await expect(engine.stop(handle, 60_000)).rejects.toMatchObject({ code: "engine-unreachable" })
    expect(await engine.inspect(handle)).toMatchObject({ state: "running" })
    expect(engine.running()).toEqual([{ jobId: args.jobId, attempt: 1, handle }])
    const back = await openRoad(socket, docker.socket)
    expect(await exitOf(engine, handle)).toMatchObject({ exitCode: 0 })
    engine.close()
    await back.close()
  })
})

type Opening = Partial<Omit<DockerEngineOptions, "policy">> & { hostId?: string }

function exitOf(engine: Engine, handle: string): Promise<Exited> {
  return new Promise((resolve) => {
    const told = engine.unstored().find((exit) => exit.handle === handle)
    if (told) return resolve(told)
    engine.onExit((exit) => exit.handle === handle && resolve(exit))
  })
}

/** A way to the engine that can be cut: the engine itself would take its containers along. */
async function openRoad(from: string, to: string): Promise<{ close: () => Promise<void> }> {
  const open = new Set<Socket>()
  const server = createSocketServer((near) => {
    const far = connect(to)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.pipe(other)
      one.on("error", () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(from, () => resolve()))
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}

/** A registry that has nothing, wants to know who asks, and says of `denied/` that one may not. */
async function startRegistry(): Promise<{ server: Server; port: number; callers: () => string[] }> {
  const callers = new Set<string>()
  const server = createServer((request, response) => {
    const { authorization } = request.headers
    if (request.url === "/v2/") return response.writeHead(authorization ? 200 : 401, { "www-authenticate": 'Basic realm="test"' }).end("{}")
    callers.add(authorization ?? "nobody")
    const denied = request.url?.includes("/denied/") ?? false
    const code = denied ? "DENIED" : "MANIFEST_UNKNOWN"
    response.writeHead(denied ? 403 : 404, { "content-type": "application/json" })
    return response.end(JSON.stringify({ errors: [{ code, message: denied ? "requested access is denied" : "manifest unknown" }] }))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()))
  const address = server.address()
  return { server, port: typeof address === "object" && address ? address.port : 0, callers: () => [...callers] }
}
