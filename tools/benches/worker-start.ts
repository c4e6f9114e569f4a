import { spawn } from "node:child_process"
import { once } from "node:events"
import { statSync } from "node:fs"
import { createServer } from "node:http"
import { VIBERATOR } from "../build.ts"
import { type Numbers, quantiles, round } from "./measure.ts"

const STARTS = 20
/** The least that a program of Node can do: start, and ask. */
const BARE = ["--input-type=module", "-e", "await fetch(process.env.CONTROL_PLANE_URL, { method: 'POST' })"]
const TASK = "arn:aws:ecs:eu-central-1:123456789012:task/viberators/0123456789abcdef0123456789abcdef"

/** From the start of a worker's process to its claim, in a container and on ECS with its proof; and the size of its one file. */
export async function workerStart(): Promise<{ ours: Numbers; raws: Numbers[] }> {
  const door = await openDoor()
  const before = await starts(door, BARE, {})
  const container = await starts(door, [VIBERATOR], {})
  const ecs = await starts(door, [VIBERATOR], {
    ECS_CONTAINER_METADATA_URI_V4: `${door.url}/metadata`,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "ASIAEXAMPLEEXAMPLE00",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_SESSION_TOKEN: "token",
  })
  const raws = [before, await starts(door, BARE, {})]
  door.close()
  const ours = { ...container, ecsP50: ecs["p50"] ?? 0, ecsP95: ecs["p95"] ?? 0, megabytes: round(statSync(VIBERATOR).size / 1e6) }
  return { ours, raws }
}

interface Door {
  url: string
  /** Resolves when somebody posts something. */
  knock: () => Promise<void>
  close: () => void
}

async function openDoor(): Promise<Door> {
  let knocked = () => {}
  const server = createServer((request, response) => {
    if (request.method === "POST") knocked()
    response.end(JSON.stringify({ TaskARN: TASK }))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    knock: () => new Promise((resolve) => (knocked = resolve)),
    close,
  }
}

async function starts({ url, knock }: Door, args: readonly string[], more: Record<string, string>): Promise<Numbers> {
  const took: number[] = []
  const launch = { VIBERATOR_JOB_ID: "job_bench", VIBERATOR_ATTEMPT: "1", CONTROL_PLANE_URL: url, VIBERATOR_LAUNCH_TOKEN: "vl_bench" }
  for (let turn = 0; turn < STARTS; turn++) {
    const claim = knock()
    const from = performance.now()
    const worker = spawn(process.execPath, args, { env: { PATH: process.env["PATH"] ?? "", ...launch, ...more }, stdio: "ignore" })
    const ended = once(worker, "exit")
    await claim
    took.push(performance.now() - from)
    worker.kill("SIGKILL")
    await ended
  }
  return quantiles(took)
}
