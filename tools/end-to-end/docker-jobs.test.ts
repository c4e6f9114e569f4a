import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Clanker } from "#contract/clankers.ts"
import type { Job } from "#contract/jobs.ts"
import type { StoredEvent } from "#contract/live.ts"
import type { PhaseDocument, Ticket } from "#contract/tickets.ts"
import { fixedSlugify } from "../../testbed/demo-repository.ts"
import { type Docker, startDocker, whyNoDocker } from "../../testbed/docker.ts"
import { buildImage } from "../../testbed/docker-build.ts"
import { ROOT } from "../build.ts"
import { type Rig, startRig } from "../rig.ts"
import type { HostProcess } from "../world.ts"

// Whole jobs in hardened containers of the real image: a real host, Docker engine, worker, Claude Code and git. The
// machine's network is used, by the host's own flag, because the test's engine has no bridge.

const missing = whyNoDocker()
const IMAGE = "viberator-worker:latest"
/** Said by a command that the worker starts as it starts the agent: whose memory it may look into. */
const LOOK = 'for p in /proc/[0-9]*; do (cat $p/environ > /dev/null) 2> /dev/null && s=open || s=shut; echo "LOOK $(cat $p/comm) $s"; done'
/** Leaves its session, its parents and its environment: nothing but the container holds it. */
const HIDE = '(env -i /usr/bin/setsid sleep 4321 > /dev/null 2>&1 &); sleep 0.3; pgrep -f "sleep 432[1]" > /dev/null && echo HIDDEN'
const EAT = `node -e 'for (const all = []; ; ) all.push(Buffer.alloc(16777216, 1))'`

describe.skipIf(missing !== null)(`jobs in containers${missing ? ` (${missing})` : ""}`, () => {
  let docker: Docker
  let rig: Rig
  let host: HostProcess
  let project: string

  beforeAll(async () => {
    docker = await startDocker({ root: ROOT })
    await buildImage(docker, "docker-worker", { root: ROOT })
    rig = await startRig({ agent: "claude-code", docker: { socket: docker.socket, image: IMAGE, networkMode: "host" } })
    host = await rig.startHost()
    const testCommand = 'node --test && ! pgrep -f "sleep 432[1]"'
    const settings = { testCommand, requirePassingTests: true, setupCommand: `${HIDE}; ${LOOK}` }
    project = (await rig.prepare({ repository: "acme/contained", project: "Contained" }, { project: { workerSettings: settings } })).project
      .id
  })
  afterAll(async () => {
    await rig?.close()
    await docker?.close()
  })

  const ticket = (description: string, projectId = project) =>
    rig.api.post<Ticket>("/api/tickets", { projectId, title: "Umlauts in slugs", description })
  const run = async (id: string, phase: string) => (await rig.api.post<{ job: Job }>(`/api/tickets/${id}/phases/${phase}/runs`, {})).job
  const follow = async (job: Job) => {
    const events: StoredEvent[] = []
    const ended = await rig.api.follow(job.id, { event: (event) => void events.push(event) })
    return { ended, events }
  }
  const approve = async (id: string, phase: string) => {
    const { revision } = await rig.api.get<PhaseDocument>(`/api/tickets/${id}/phases/${phase}/document`)
    await rig.api.put(`/api/tickets/${id}/phases/${phase}/document/approval`, { state: "approved", revision })
  }
  const containers = async () => (await docker.cli("ps", "--all", "--format", "{{.Names}}")).split("\n").filter(Boolean)
  /** Resolves when the agent's shell tool sleeps inside the job's container. (Claude Code refuses to sleep for long.) */
  const sleeping = (job: Job, attempt = 1) =>
    until(async () => (await docker.cli("top", `viberator-${job.id}-${attempt}`, "-eo", "pid,comm").catch(() => "")).includes("sleep"))
  const removed = (job: Job) => until(async () => !(await containers()).some((name) => name.includes(job.id)))

  it("are deployed with the engine and the image that the host has told", async () => {
    const { items } = await rig.api.get<{ items: Clanker[] }>("/api/clankers")
    expect(items[0]).toMatchObject({
      status: "active",
      deployment: { facts: { engine: "docker", image: IMAGE, imageId: expect.stringMatching(/^sha256:/), networkMode: "host" } },
    })
  })

  it("turns a ticket into a pull request, with the worker's own memory shut to what it starts", async () => {
    const { id } = await ticket("`npm test` fails.")
    for (const phase of ["research", "planning"]) {
      const { ended } = await follow(await run(id, phase))
      expect(ended.failure).toBeNull()
      await approve(id, phase)
    }
    const { ended, events } = await follow(await run(id, "execution"))
    expect(ended.failure).toBeNull()
    expect(ended).toMatchObject({ status: "succeeded", attempt: 1, pullRequest: { number: expect.any(Number) } })
    expect(await rig.forge.git("acme/contained", "show", `${ended.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
    const looks = events.flatMap((event) => (event.kind === "log" && event["source"] === "setup" ? String(event["text"]).split("\n") : []))
    // It was there; the tests have just passed, which they do not while it lives.
    expect(looks).toContain("HIDDEN")
    expect(looks.filter((line) => line.startsWith("LOOK tini"))).toEqual(["LOOK tini shut"])
    expect(looks).toContain("LOOK sh open")
    // The worker's main thread calls itself so, in this Node; an agent's Node would too, and would be open.
    expect(looks.filter((line) => /^LOOK (node|MainThread) /.test(line)).map((line) => line.split(" ").at(-1))).toEqual(["shut"])
    expect(await removed(ended)).toBe(true)
  })

  it("runs without rights, and ends when it is cancelled", async () => {
    const { id } = await ticket("SCRIPT-SLEEP-9 `npm test` fails.")
    const job = await run(id, "research")
    const followed = follow(job)
    await sleeping(job)
    const [container]: { HostConfig: object; State: { Pid: number } }[] = JSON.parse(await docker.cli("inspect", `viberator-${job.id}-1`))
    expect(container?.HostConfig).toMatchObject({
      ...{
        ReadonlyRootfs: true,
        Privileged: false,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges"],
        NetworkMode: "host",
        Binds: null,
      },
      ...{ PidsLimit: 2048, RestartPolicy: { Name: "no" }, AutoRemove: false },
    })
    await rig.api.post(`/api/jobs/${job.id}/cancellation`, {})
    expect((await followed).ended).toMatchObject({ status: "cancelled", evidence: { proven: true } })
    expect(await removed(job)).toBe(true)
  })

  it("goes on while its host is killed and started again", async () => {
    const { id } = await ticket("SCRIPT-SLEEP-9 `npm test` fails.")
    const job = await run(id, "research")
    const followed = follow(job)
    await sleeping(job)
    host.child.kill("SIGKILL")
    host = await rig.startHost("this machine", undefined, { id: host.host.id, token: host.token })
    const { ended, events } = await followed
    expect(ended).toMatchObject({ status: "succeeded", attempt: 1, attempts: [{ n: 1, end: "succeeded" }] })
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: ended.lastSeq }, (_, index) => index + 1))
    expect(await removed(job)).toBe(true)
  })

  it("without enough memory fails as that, and the worker is there to say so", async () => {
    const deploymentConfig = { computeType: "docker", containerImage: IMAGE, networkMode: "host", memoryMb: 256 }
    const settings = { setupCommand: EAT }
    const own = await rig.prepare(
      { repository: "acme/small", project: "Small" },
      { clanker: { deploymentConfig }, project: { workerSettings: settings } },
    )
    const { id } = await ticket("`npm test` fails.", own.project.id)
    const { ended } = await follow(await run(id, "research"))
    expect(ended).toMatchObject({ status: "failed", attempt: 1, failure: { kind: "out-of-memory", step: "clone", detail: EAT } })
  })

  it("without an image neither starts nor runs", async () => {
    const named = (containerImage: string) => ({ deploymentConfig: { computeType: "docker", containerImage, networkMode: "host" } })
    await expect(
      rig.prepare({ repository: "acme/nowhere", project: "Nowhere" }, { clanker: named("127.0.0.1:1/nowhere") }),
    ).rejects.toThrow(/The host has no image 127\.0\.0\.1:1\/nowhere: .*could not be pulled/)
    await docker.cli("tag", IMAGE, "soon-gone:latest")
    const own = await rig.prepare({ repository: "acme/gone", project: "Gone" }, { clanker: named("soon-gone:latest") })
    await docker.cli("rmi", "soon-gone:latest")
    const { id } = await ticket("`npm test` fails.", own.project.id)
    const { ended } = await follow(await run(id, "research"))
    expect(ended).toMatchObject({ status: "failed", failure: { kind: "image-missing" } })
  })

  it("in a network that the host does not allow is refused in words", async () => {
    const deploymentConfig = { computeType: "docker", containerImage: IMAGE, networkMode: "somebody-elses" }
    const own = await rig.prepare({ repository: "acme/elsewhere", project: "Elsewhere" }, { clanker: { deploymentConfig } })
    const { id } = await ticket("`npm test` fails.", own.project.id)
    const { ended } = await follow(await run(id, "research"))
    expect(ended).toMatchObject({
      status: "failed",
      failure: { kind: "launch-refused", detail: expect.stringContaining("the host allows bridge, none, host") },
    })
  })

  it("of a host that was revoked are refused, and another host's go on", async () => {
    const other = await rig.startHost("another")
    const placed = (hostId: string) => ({ deploymentConfig: { computeType: "docker", containerImage: IMAGE, networkMode: "host", hostId } })
    const revoked = await rig.prepare({ repository: "acme/revoked", project: "Revoked" }, { clanker: placed(other.host.id) })
    const stays = await rig.prepare({ repository: "acme/stays", project: "Stays" }, { clanker: placed(host.host.id) })
    const ended = new Promise((resolve) => other.child.once("exit", resolve))
    await rig.api.request("DELETE", `/api/hosts/${other.host.id}`, undefined)
    expect(await ended).toBe(77)
    const { id: lost } = await ticket("`npm test` fails.", revoked.project.id)
    expect((await follow(await run(lost, "research"))).ended).toMatchObject({ status: "failed", failure: { kind: "host-away" } })
    const { id: fine } = await ticket("`npm test` fails.", stays.project.id)
    expect((await follow(await run(fine, "research"))).ended).toMatchObject({ status: "succeeded" })
  })
})

async function until(look: () => Promise<boolean>, ms = 60_000): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 200)))
    if (await look()) return true
  throw new Error(`waited ${ms} ms`)
}
