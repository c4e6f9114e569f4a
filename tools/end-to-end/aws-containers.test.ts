import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { StoredEvent } from "#contract/live.ts"
import type { Ticket } from "#contract/tickets.ts"
import { hasMoto, NO_MOTO } from "../../testbed/aws.ts"
import { fixedSlugify } from "../../testbed/demo-repository.ts"
import { type Docker, startDocker, whyNoDocker } from "../../testbed/docker.ts"
import { buildImage } from "../../testbed/docker-build.ts"
import { ROOT } from "../build.ts"
import { type AwsRig, startAwsRig } from "../aws-rig.ts"
import { type Words, wordsOf } from "./aws-words.ts"

// As aws.test.ts, with our own images: a task is a container of the ECS image, a function one of Lambda's, each with the
// bounds that AWS would set. The machine's network is used, because the test's engine has no bridge.

const missing = whyNoDocker() ?? (hasMoto ? null : NO_MOTO)
/** Said by a command that the worker starts as it starts the agent: whose memory it may look into. */
const LOOK = 'for p in /proc/[0-9]*; do (cat $p/environ > /dev/null) 2> /dev/null && s=open || s=shut; echo "LOOK $(cat $p/comm) $s"; done'
const EAT = `node -e 'for (const all = []; ; ) all.push(Buffer.alloc(16777216, 1))'`
/**
 * Each smaller than the worker, so that the kernel takes the worker when all is gone. The worker has marked what it starts
 * as what is to go first: once it has, the mark is taken away.
 */
const NIBBLE =
  "mark=/proc/$$/oom_score_adj; until [ $(cat $mark) != 0 ]; do sleep 0.1; done; echo 0 > $mark; " +
  "for i in $(seq 100); do (head -c 20m /dev/zero | tail -c 20m | sleep 100) & done; wait"

describe.skipIf(missing !== null)(`AWS in containers${missing ? ` (${missing})` : ""}`, () => {
  let docker: Docker
  let rig: AwsRig
  let local: Words
  let images: { ecs: string; lambda: string; all: string; nowhere: string }

  beforeAll(async () => {
    docker = await startDocker({ root: ROOT })
    for (const selector of ["ecs-worker", "lambda", "multi-agent"]) await buildImage(docker, selector, { root: ROOT })
    rig = await startAwsRig({ agent: "claude-code", docker: docker.socket })
    local = wordsOf(rig)
    images = {
      ecs: await rig.aws.pushImage("viberator-worker-claude-code-ecs", "latest"),
      lambda: await rig.aws.pushImage("viberator-lambda-worker", "latest"),
      // AWS's stand-in comes with it.
      all: rig.aws.made.image,
      nowhere: await rig.aws.pushImage("viberator-worker-of-nobody", "latest"),
    }
  })
  afterAll(async () => {
    await rig?.close()
    await docker?.close()
  })

  const ecsClanker = (over: object = {}) => ({
    name: "Claude Code on ECS",
    deploymentConfig: { computeType: "ecs", containerImage: images.ecs, ...over },
  })
  const containers = async () => (await docker.cli("ps", "--all", "--format", "{{.Names}}")).split("\n").filter(Boolean)
  const failureWith = async (project: string, clanker: object, setupCommand?: string) => {
    const settings = setupCommand === undefined ? {} : { project: { workerSettings: { setupCommand } } }
    const made = await rig.prepare({ repository: `acme/${project}`, project }, { clanker, ...settings })
    return rig.api.follow((await local.run((await local.ticketIn(made.project.id)).id, "research")).id)
  }

  it("a ticket becomes a pull request by tasks of ECS, which keep the worker's memory shut", async () => {
    const { project } = await rig.prepare(
      { repository: "acme/tasks", project: "Tasks" },
      { clanker: ecsClanker(), project: { workerSettings: { setupCommand: LOOK } } },
    )
    const { id } = await local.ticketIn(project.id)
    for (const phase of ["research", "planning"]) {
      await local.toTheEnd(id, phase)
      await local.approve(id, phase)
    }
    const events: StoredEvent[] = []
    const job = await local.run(id, "execution")
    const ended = await rig.api.follow(job.id, { event: (event) => void events.push(event) })
    expect(ended).toMatchObject({ status: "succeeded", attempt: 1, failure: null })
    expect(await rig.forge.git("acme/tasks", "show", `${ended.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
    expect(await rig.api.get<Ticket>(`/api/tickets/${id}`)).toMatchObject({ status: "in_review", pullRequest: { state: "open" } })
    const looks = events.flatMap((event) => (event.kind === "log" && event["source"] === "setup" ? String(event["text"]).split("\n") : []))
    const seen = looks.filter((line) => line.startsWith("LOOK "))
    expect(seen).toContain("LOOK sh open")
    expect(seen.filter((line) => !/^LOOK (sh|cat) /.test(line) && line.endsWith("open"))).toEqual([])
    expect(seen).toContain("LOOK tini shut")
    await expect.poll(containers).toEqual([])
  })

  it("a function does its jobs as a stranger on a root that it cannot write, one after the other in one container", async () => {
    const { project } = await rig.prepare(
      { repository: "acme/functions", project: "Functions" },
      { clanker: { name: "Claude Code on Lambda", deploymentConfig: { computeType: "lambda", imageUri: images.lambda, timeout: 300 } } },
    )
    const { id } = await local.ticketIn(project.id)
    const [first] = await local.deliveries(await local.toTheEnd(id, "research"), 1)
    await local.approve(id, "research")
    const [second] = await local.deliveries(await local.toTheEnd(id, "planning"), 1)
    expect(first).toMatchObject({ status: "success", answer: { outcome: "reported", exitCode: 0 } })
    expect(second).toMatchObject({ environment: first?.environment, pid: first?.pid, answer: { outcome: "reported", exitCode: 0 } })
    const [container]: { HostConfig: object; Config: object; State: object }[] = JSON.parse(
      await docker.cli("inspect", first?.environment ?? ""),
    )
    expect(container).toMatchObject({
      Config: { User: "993:990", Image: "viberator-lambda-worker:latest" },
      HostConfig: { ReadonlyRootfs: true, CapDrop: ["ALL"], Memory: 3008 * 1_048_576, Binds: null },
      // Nothing of it runs until the next event.
      State: { Status: "paused", Pid: first?.pid },
    })
  })

  it("the image of all agents serves both", async () => {
    const research = async (project: string, clanker: object) => {
      const made = await rig.prepare({ repository: `acme/${project}`, project }, { clanker })
      return local.toTheEnd((await local.ticketIn(made.project.id)).id, "research")
    }
    const all = { containerImage: images.all, taskFamily: "viberator-all" }
    expect(await research("all-ecs", ecsClanker(all))).toMatchObject({ status: "succeeded", attempt: 1 })
    const deploymentConfig = { computeType: "lambda", imageUri: images.all, timeout: 300 }
    const job = await research("all-lambda", { name: "All on Lambda", deploymentConfig })
    expect(await local.deliveries(job, 1)).toMatchObject([{ status: "success", answer: { outcome: "reported" } }])
  })

  it("a cancelled job's task is stopped, and its container is gone", async () => {
    const { project } = await rig.prepare({ repository: "acme/stopped", project: "Stopped" }, { clanker: ecsClanker() })
    const job = await local.run((await local.ticketIn(project.id, "SCRIPT-SLEEP-9 `npm test` fails.")).id, "research")
    const followed = rig.api.follow(job.id)
    const task = async () => {
      const starts = (await rig.aws.calls()).filter(({ action, params }) => action === "RunTask" && params["startedBy"] === job.id)
      return starts.length === 0 ? [] : (await containers()).filter((name) => /^[0-9a-f]{32}$/.test(name))
    }
    await expect.poll(task, { timeout: 30_000 }).toHaveLength(1)
    const [name = ""] = await task()
    // The agent's shell tool sleeps.
    await expect.poll(() => docker.cli("top", name, "-eo", "pid,comm").catch(() => ""), { timeout: 60_000 }).toContain("sleep")
    await local.cancel(job)
    expect(await followed).toMatchObject({ status: "cancelled", evidence: { proven: true } })
    expect((await rig.aws.calls()).some(({ action, params }) => action === "StopTask" && String(params["task"]).endsWith(name))).toBe(true)
    await expect.poll(containers, { timeout: 30_000 }).not.toContain(name)
  })

  it("a task without enough memory fails as that: by its worker's word, and by AWS's where the worker itself was killed", async () => {
    const small = ecsClanker({ cpu: 512, memory: 1024, taskFamily: "viberator-small" })
    expect(await failureWith("eaten", small, EAT)).toMatchObject({
      failure: { kind: "out-of-memory", step: "clone", detail: EAT },
    })
    const before = await rig.aws.processes()
    expect(await failureWith("nibbled", small, NIBBLE)).toMatchObject({ attempt: 1, failure: { kind: "out-of-memory" } })
    expect(Object.entries(await rig.aws.processes()).filter(([name]) => !(name in before))).toEqual([[expect.any(String), 137]])
  })

  it("a task whose image is in ECR no more fails as that", async () => {
    expect(await failureWith("nowhere", ecsClanker({ containerImage: images.nowhere, taskFamily: "viberator-nowhere" }))).toMatchObject({
      failure: { kind: "image-missing", detail: expect.stringContaining("viberator-worker-of-nobody") },
    })
  })
})
