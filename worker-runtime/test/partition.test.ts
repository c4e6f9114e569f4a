// A worker process that loses its control plane around an effect outside, while the forge stays within its reach.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { EXIT } from "#contract/worker.ts"
import { type Call, type FakeControlPlane, refusal, startFakeControlPlane } from "./fake-control-plane.ts"
import { FINISHED, type Rig, startRig } from "./rig.ts"

/** The lease that the claim is answered with: short, so that its end can be waited for. */
const LEASE_MS = 900
const WORKER = fileURLToPath(new URL("../entry/cli.ts", import.meta.url))

let rig: Rig
let plane: FakeControlPlane
let worker: ChildProcess
beforeAll(async () => {
  rig = await startRig()
  rig.agent(`echo x > a; ${FINISHED}`)
})
afterAll(() => rig.close())
afterEach(async () => {
  worker.kill("SIGKILL")
  await plane.close()
})

const EFFECTS = [
  { step: "commit-and-push", begins: { method: "GET", path: "service=git-receive-pack" } },
  { step: "open-pull-request", begins: { method: "GET", path: "/pulls?" } },
] as const
type Step = (typeof EFFECTS)[number]["step"]

async function start() {
  const { secrets = [], ...payload } = rig.payload()
  plane = await startFakeControlPlane({ payload, secrets, leaseMs: LEASE_MS, heartbeatMs: 100 })
  const { id } = payload.job
  worker = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", WORKER], {
    env: {
      ...{ VIBERATOR_JOB_ID: id, VIBERATOR_ATTEMPT: "1", CONTROL_PLANE_URL: plane.url, VIBERATOR_LAUNCH_TOKEN: "vl_test_1_nonce_mac" },
      ...{ PATH: rig.env().path, HOME: rig.folder, VIBERATOR_WORK_DIR: rig.env().workDirectory },
    },
    stdio: "ignore",
  })
  const exitCode = once(worker, "exit").then(([code]: unknown[]) => code)
  return { exitCode, branch: payload.repository.branch }
}

const intents = ({ path, body }: Call, step: Step): string[] =>
  path === "/events"
    ? [...body.matchAll(new RegExp(`"seq":(\\d+)[^{}]*"step":"${step}","state":"intent"`, "g"))].map(([, seq = ""]) => seq)
    : []

/** What the forge has of this job; before the pull request's turn its branch is there already. */
async function outside(branch: string, step: Step) {
  const pulls = (await rig.forge.pullRequests("acme/demo")).filter(({ head }) => head.ref === branch).length
  const pushed = (await rig.forge.git("acme/demo", "branch", "--list", branch)) !== ""
  return { pulls, pushed: step === "commit-and-push" ? pushed : !pushed }
}
const NOTHING = { pulls: 0, pushed: false }

/** The control plane is back, and has given the attempt up meanwhile. */
const heal = () => (plane.intercept = () => refusal(410, "attempt.stale"))

test.each(EFFECTS)("cut off as it tells the intent of $step, it never acts", async ({ step }) => {
  const { exitCode, branch } = await start()
  let since: number | null = null
  plane.intercept = (call) => {
    if (since === null && intents(call, step).length === 0) return null
    since ??= Date.now()
    return "drop"
  }
  await until(() => since !== null && Date.now() - since > 2 * LEASE_MS)
  expect(await outside(branch, step)).toEqual(NOTHING)
  heal()
  expect(await exitCode).toBe(EXIT.fenced)
  expect(await outside(branch, step)).toEqual(NOTHING)
})

test.each(EFFECTS)("an acknowledgement of $step that comes late allows nothing: the intent is told again", async ({ step }) => {
  const { exitCode, branch } = await start()
  const told = new Set<string>()
  const again = new Promise<void>((resolve) => {
    plane.intercept = async (call) => {
      const seqs = intents(call, step)
      const isFirst = told.size === 0 && seqs.length > 0
      for (const seq of seqs) told.add(seq)
      if (told.size > 1) resolve()
      if (told.size === 0) return null
      if (!isFirst) return "drop"
      // Longer than a third of the lease, which is how old an acknowledgement may be.
      await new Promise((late) => setTimeout(late, LEASE_MS / 2))
      return null
    }
  })
  await again
  expect(plane.events.some((event) => event.kind === "step" && event.step === step && event.state === "intent")).toBe(true)
  expect(await outside(branch, step)).toEqual(NOTHING)
  heal()
  expect(await exitCode).toBe(EXIT.fenced)
  expect(await outside(branch, step)).toEqual(NOTHING)
})

test.each(EFFECTS)("cut off in the middle of $step, it lets go of the forge when the lease is over", async ({ step, begins }) => {
  // Before the worker begins: it may be at the forge as soon as its push is told.
  const held = rig.forge.hold(begins)
  const { exitCode, branch } = await start()
  await held.arrived
  const told = new Set<string>()
  plane.intercept = (call) => {
    for (const seq of intents(call, step)) told.add(seq)
    return "drop"
  }
  // It asks anew whether it may: so it has given up what it was about.
  await until(() => told.size > 0)
  const asked = rig.forge.requests.length
  held.release()
  await until(() => rig.forge.requests.length > asked)
  heal()
  expect(await exitCode).toBe(EXIT.fenced)
  expect(await outside(branch, step)).toEqual(NOTHING)
})

test("a push that takes longer than one lease goes on while the acknowledgements come", async () => {
  const held = rig.forge.hold(EFFECTS[0].begins)
  const { exitCode, branch } = await start()
  await held.arrived
  const from = Date.now()
  await until(() => Date.now() - from > 2 * LEASE_MS)
  held.release()
  expect(await exitCode).toBe(EXIT.accepted)
  expect(await outside(branch, "commit-and-push")).toEqual({ pulls: 1, pushed: true })
  expect(
    plane.events.filter((event) => event.kind === "step" && event.step === "commit-and-push" && event.state === "intent"),
  ).toHaveLength(1)
})

async function until(seen: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !seen(); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > end) throw new Error("waited 20 s")
}
