// Real processes that do not want to end. Each leaves its pid in a file, so that nobody is found by a guess.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { endMarked } from "../platform/descendants.ts"
import { runTree } from "../platform/process.ts"
import { until } from "./agents-rig.ts"

let folder: string
let mark: string
let marks = 0
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "viberator-kill-"))
  mark = `kill-${process.pid}-${++marks}`
})
afterEach(async () => {
  await endMarked(mark)
  rmSync(folder, { recursive: true, force: true })
})

const PATH = process.env["PATH"] ?? "/usr/bin:/bin"
const pids = () => readdirSync(folder).map(Number)
const isAlive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
/** In a shell: says that it is there, and waits. */
const here = "touch $DIR/$$; while :; do sleep 600; done"
const deaf = `trap '' TERM INT HUP; ${here}`

/** Runs a shell program, waits until so many processes have said that they are there, and stops it. */
async function stopped(program: string, { count, graceMs }: { count: number; graceMs: number }) {
  const stop = new AbortController()
  const lines: string[] = []
  const spec = {
    command: "/bin/sh",
    args: ["-c", program],
    cwd: folder,
    env: { PATH, DIR: folder },
    onStdout: (line: string) => lines.push(line),
  }
  const running = runTree(spec, { signal: stop.signal, mark, graceMs, alone: false })
  await until(() => pids().length >= count, 20_000)
  expect(pids().filter(isAlive)).toHaveLength(count)
  const from = performance.now()
  stop.abort()
  return { exit: await running, tookMs: performance.now() - from, lines }
}

describe("a stop leaves nothing alive:", () => {
  const cases: Record<string, { program: string; count: number; graceMs: number; atLeastMs: number; signal: string | null }> = {
    "a program that obeys TERM, at once": { program: here, count: 1, graceMs: 10_000, atLeastMs: 0, signal: "SIGTERM" },
    "one that ignores TERM, after its grace": { program: deaf, count: 1, graceMs: 600, atLeastMs: 600, signal: "SIGKILL" },
    "a child that ignores TERM, of a parent that obeys": {
      program: `sh -c "${deaf.replaceAll("$", "\\$")}" & ${here}`,
      ...{ count: 2, graceMs: 600, atLeastMs: 600, signal: "SIGTERM" },
    },
    "a child in a session of its own": {
      program: `setsid sh -c '${here}' & ${here}`,
      ...{ count: 2, graceMs: 10_000, atLeastMs: 0, signal: "SIGTERM" },
    },
    "an orphan in a session of its own, deaf": {
      program: `(setsid sh -c "${deaf.replaceAll("$", "\\$")}" >/dev/null 2>&1 &) ; ${here}`,
      ...{ count: 2, graceMs: 600, atLeastMs: 600, signal: "SIGTERM" },
    },
    "one that starts the next as soon as it is killed": {
      program: `trap 'setsid sh -c "${here.replaceAll("$", "\\$")}" & wait' TERM; touch $DIR/$$; while :; do sleep 0.05; done`,
      ...{ count: 1, graceMs: 600, atLeastMs: 600, signal: "SIGKILL" },
    },
  }
  test.each(Object.entries(cases))("%s", async (_name, { program, count, graceMs, atLeastMs, signal }) => {
    const { exit, tookMs } = await stopped(program, { count, graceMs })
    expect(exit.signal).toBe(signal)
    expect(tookMs).toBeGreaterThanOrEqual(atLeastMs)
    expect(tookMs).toBeLessThan(atLeastMs + 5_000)
    expect(pids().filter(isAlive)).toEqual([])
  })

  test("a program that ends by itself and leaves a child behind", async () => {
    const program = `(setsid sh -c "${deaf.replaceAll("$", "\\$")}" >/dev/null 2>&1 &) ; while [ -z "$(ls $DIR)" ]; do sleep 0.05; done`
    const spec = { command: "/bin/sh", args: ["-c", program], cwd: folder, env: { PATH, DIR: folder } }
    const exit = await runTree(spec, { signal: new AbortController().signal, mark, graceMs: 300, alone: false })
    expect(exit).toEqual({ code: 0, signal: null })
    expect(pids()).toHaveLength(1)
    expect(pids().filter(isAlive)).toEqual([])
  })

  test("what a worker that was killed has left: the next one ends it by its mark", async () => {
    const left = spawn("/bin/sh", ["-c", `setsid sh -c "${deaf.replaceAll("$", "\\$")}" & ${deaf}`], {
      env: { PATH, DIR: folder, VIBERATOR_MARK: mark },
      stdio: "ignore",
      detached: true,
    })
    left.unref()
    await until(() => pids().length === 2, 20_000)
    await endMarked(`${mark}0`)
    expect(pids().filter(isAlive)).toHaveLength(2)
    await endMarked(mark)
    expect(pids().filter(isAlive)).toEqual([])
  })
})

/** Without root there are no PID namespaces to be had in every place. */
const canUnshare = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0

describe("in a container,", () => {
  /** Runs the agent's stand-in as a worker in a PID namespace of its own, as in an image; answers who is alive after it. */
  async function livingAfter(alone: boolean, place: "host" | "as PID 1" | "under an init" = "under an init"): Promise<string> {
    // Leaves its session, its parents and its environment; nothing of it says whose it was.
    const agent = `env -i DIR=$DIR setsid sh -c '(sleep 613 >/dev/null 2>&1 &)' ; sleep 0.2`
    const worker = `
      import { spawn } from "node:child_process"
      import { runTree } from ${JSON.stringify(new URL("../platform/process.ts", import.meta.url).href)}
      const beside = spawn("sleep", ["614"])
      const spec = { command: "/bin/sh", args: ["-c", ${JSON.stringify(agent)}], cwd: "/", env: { PATH: process.env.PATH, DIR: "/" } }
      await runTree(spec, { signal: new AbortController().signal, mark: ${JSON.stringify(mark)}, graceMs: 300, alone: ${alone} })
      spawn("sh", ["-c", "for one in /proc/[0-9]*/cmdline; do tr '\\\\0' ' ' < $one; echo; done"], { stdio: ["ignore", "inherit", "inherit"] }).once("close", () => {
        beside.kill("SIGKILL")
        process.exit(0)
      })`
    const node = [process.execPath, "--disable-warning=ExperimentalWarning", "--input-type=module", "-e", worker]
    const own = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    const places = { host: [], "as PID 1": own, "under an init": [...own, "sh", "-c", '"$@"; exit', "init"] }
    const [command = "", ...args] = [...places[place], ...node]
    const child = spawn(command, args, { env: { PATH }, stdio: ["ignore", "pipe", "inherit"] })
    const lines: string[] = []
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(line))
    await new Promise((resolve) => child.once("close", resolve))
    return lines.join("\n")
  }

  test.skipIf(!canUnshare)("whoever hides from every sign lives on where the worker is not alone, and is killed where it is", async () => {
    expect(await livingAfter(false)).toMatch(/^sleep 613 /m)
    for (const place of ["under an init", "as PID 1"] as const) {
      const after = await livingAfter(true, place)
      expect(after, place).not.toMatch(/^sleep 613 /m)
      // The worker's own, beside the agent.
      expect(after, place).toMatch(/^sleep 614 /m)
    }
  })

  test.skipIf(!canUnshare)("and on a machine's own PIDs nobody else is touched, whatever the environment claims", async () => {
    const bystander = spawn("sleep", ["615"], { stdio: "ignore" })
    try {
      expect(await livingAfter(true, "host")).toMatch(/^sleep 615 /m)
      expect(bystander.exitCode).toBeNull()
    } finally {
      bystander.kill("SIGKILL")
      spawnSync("pkill", ["-f", "^sleep 613$"])
    }
  })
})
