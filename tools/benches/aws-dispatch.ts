import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AwsV4Signer } from "aws4fetch"
import type { Clanker } from "#contract/clankers.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { Ticket } from "#contract/tickets.ts"
import { type Api, createApi } from "../api.ts"
import { serve } from "../serve.ts"
import { type Numbers, quantiles, took } from "./measure.ts"
import { createMeter, type Meter } from "./meter.ts"

const REGION = "eu-west-1"
const KEY = { accessKeyId: "AKIABENCH", secretAccessKey: "bench" }
const CLUSTER = `arn:aws:ecs:${REGION}:123456789012:cluster/bench`
const MANAGED = {
  cluster: CLUSTER,
  executionRoleArn: "arn:aws:iam::123456789012:role/execution",
  taskRoleArn: "arn:aws:iam::123456789012:role/task",
  subnetIds: ["subnet-0123456789abcdef0"],
  securityGroupIds: ["sg-0123456789abcdef0"],
}

/** From a person's request to the moment in which AWS has the signed RunTask, beside that call alone; and what it costs in calls. */
export async function awsDispatch(times: number): Promise<{ ours: Numbers; raws: Numbers[] }> {
  const state = mkdtempSync(join(tmpdir(), "viberglass-bench-aws-"))
  const aws = await startAnswering()
  const around = join(import.meta.dirname, "meter-worker.mjs")
  const vars = {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: aws.url,
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
  }
  const plane = await serve({ state, around, ticking: false, vars: { ...vars, MANAGED_DEFAULTS: JSON.stringify(MANAGED) } })
  const api = createApi(plane.url, (await plane.createAdmin("bench@example.test")).token)
  const projectId = await prepare(api)
  const ticket = async () => (await api.post<Ticket>("/api/tickets", { projectId, title: "Bench" })).id
  const meter = createMeter(api)

  const raw = quantiles(await took(times, () => rawRunTask(aws.url)))
  const fromRequest: number[] = []
  let calls = 0
  for (let turn = 0; turn < times; turn++) {
    const id = await ticket()
    const before = aws.count()
    const from = performance.now()
    const started = aws.started(1).then(() => performance.now())
    await api.post(`/api/tickets/${id}/phases/research/runs`, {})
    fromRequest.push((await started) - from)
    calls = Math.max(calls, aws.count() - before)
  }
  const d1Queries = await queriesOfDispatches(
    { api, meter, started: aws.started },
    await Promise.all(Array.from({ length: QUEUED }, ticket)),
  )
  await plane.close()
  aws.close()
  rmSync(state, { recursive: true, force: true })
  const { p50, p95 } = quantiles(fromRequest)
  return { ours: { p50, p95, awsCalls: calls, d1Queries }, raws: [{ p50: raw.p50, p95: raw.p95 }] }
}

const QUEUED = 20

/** Of jobs that wait already, from their slot to their task: what the request itself asks is bounded by its own tests. */
async function queriesOfDispatches(
  { api, meter, started }: { api: Api; meter: Meter; started: (count: number) => Promise<void> },
  tickets: readonly string[],
): Promise<number> {
  const pause = (paused: boolean) => api.patch("/api/settings", { paused })
  await pause(true)
  for (const id of tickets) await api.post(`/api/tickets/${id}/phases/research/runs`, {})
  const patched = await meter.of(async () => void (await pause(true)))
  const used = await meter.of(async () => {
    const all = started(tickets.length)
    await pause(false)
    await all
    await atRest(meter)
  })
  return ((used["d1Queries"] ?? 0) - (patched["d1Queries"] ?? 0)) / tickets.length
}

/** Rows are written after the task was started: until nothing more is asked for a while. */
async function atRest(meter: Meter): Promise<void> {
  for (;;) {
    const used = await meter.of(() => new Promise((resolve) => setTimeout(resolve, 300)))
    if (used["d1Queries"] === 0) return
  }
}

async function prepare(api: Api): Promise<string> {
  await api.patch("/api/settings", { maxConcurrency: 10_000 })
  const secret = await api.post<Secret>("/api/secrets", { name: "OPENAI_API_KEY", location: "database", value: "bench-key-0123456789" })
  const clanker = await api.post<Clanker>("/api/clankers", {
    ...{ name: "Bench", agent: "opencode", secretIds: [secret.id], maxConcurrency: 1000 },
    deploymentConfig: { computeType: "ecs", containerImage: "registry.example.test/worker:1" },
  })
  await api.put(`/api/clankers/${clanker.id}/deployment`, {})
  const { status, statusMessage } = await api.deployed(clanker.id)
  if (status !== "active") throw new Error(String(statusMessage))
  const project = { name: "Bench", repositoryUrl: "https://forge.example.test/a/b", defaultClankerId: clanker.id }
  return (await api.post<Project>("/api/projects", project)).id
}

async function rawRunTask(url: string): Promise<void> {
  const body = JSON.stringify({ cluster: CLUSTER, taskDefinition: "x", launchType: "FARGATE" })
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonEC2ContainerServiceV20141113.RunTask" }
  const signed = await new AwsV4Signer({ url: `${url}/`, method: "POST", headers, body, ...KEY, region: REGION, service: "ecs" }).sign()
  await (await fetch(signed.url, { method: "POST", headers: signed.headers, body })).text()
}

/** AWS at once and always: what is left is the control plane's own time. */
async function startAnswering() {
  let count = 0
  let waiting = { left: 0, all: Promise.withResolvers<void>() }
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      count++
      const action = String(request.headers["x-amz-target"] ?? "").split(".")[1] ?? new URLSearchParams(body).get("Action") ?? ""
      const { status = 200, reply } = answerOf(action, body)
      response.writeHead(status, { "content-type": typeof reply === "string" ? "text/xml" : "application/x-amz-json-1.1" })
      response.end(typeof reply === "string" ? reply : JSON.stringify(reply))
      if (action === "RunTask" && --waiting.left === 0) waiting.all.resolve()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    count: () => count,
    /** Resolves when so many more tasks were asked for. */
    started(left: number) {
      waiting = { left, all: Promise.withResolvers<void>() }
      return waiting.all.promise
    },
    close: () => server.close(),
  }
}

function answerOf(action: string, body: string): { status?: number; reply: object | string } {
  switch (action) {
    case "DescribeClusters":
      return { reply: { clusters: [{ clusterArn: CLUSTER, status: "ACTIVE" }] } }
    case "DescribeTaskDefinition":
      return { status: 400, reply: { __type: "ClientException", message: "Unable to describe task definition." } }
    case "RegisterTaskDefinition":
      return {
        reply: { taskDefinition: { ...JSON.parse(body), taskDefinitionArn: "arn:aws:ecs:x:1:task-definition/bench:1", revision: 1 } },
      }
    case "RunTask":
      return { reply: { tasks: [{ taskArn: `arn:aws:ecs:${REGION}:123456789012:task/bench/${"0".repeat(32)}` }], failures: [] } }
    case "DescribeTasks":
      return { reply: { tasks: [{ lastStatus: "PENDING" }] } }
    default:
      return { reply: "<vpcId>vpc-1</vpcId><routeTableId>r</routeTableId>" }
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ""
  for await (const chunk of request) text += String(chunk)
  return text
}
