// The program of the image that the tests of the Docker engine run: the second part of the job's id says how it behaves.
import { spawn } from "node:child_process"
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs"

const how = process.env.VIBERATOR_JOB_ID.split("_")[1]
const acts = { exit7: () => process.exit(7), polite, deaf, eat, facts, fork, wait }
process.stdout.write("first line\n")
process.stderr.write("last line\n")
acts[how]()

function wait() {
  setInterval(() => undefined, 60_000)
}

function polite() {
  process.on("SIGTERM", () => process.exit(0))
  wait()
}

function deaf() {
  process.on("SIGTERM", () => undefined)
  wait()
}

/** Until the kernel ends it. */
function eat() {
  const eaten = []
  setInterval(() => eaten.push(Buffer.alloc(16 * 1_048_576, 1)), 1)
}

function facts() {
  const status = Object.fromEntries(
    readFileSync("/proc/self/status", "utf8")
      .split("\n")
      .map((line) => line.split(":\t")),
  )
  const program = `${process.env.VIBERATOR_WORK_DIR}/new`
  const { CapEff, CapBnd, NoNewPrivs, Uid } = status
  const seen = {
    ...{ CapEff, CapBnd, NoNewPrivs, uid: Uid.split("\t")[0], env: process.env },
    root: attempt(() => writeFileSync("/new", "x")),
    home: attempt(() => writeFileSync("/home/node/new", "x")),
    tmp: attempt(() => writeFileSync("/tmp/new", "x")),
    work: attempt(() => writeFileSync(program, "#!/bin/sh\n", { mode: 0o700 })),
    run: attempt(() => accessSync(program, constants.X_OK)),
    socket: existsSync("/var/run/docker.sock"),
    mounts: readFileSync("/proc/mounts", "utf8").split("\n"),
    pids: limit("/sys/fs/cgroup/pids/pids.max", "/sys/fs/cgroup/pids.max"),
    memory: limit("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"),
    quota: limit("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu.max"),
  }
  process.stdout.write(`${JSON.stringify(seen)}\n`)
}

/** Starts programs until it may not. */
function fork() {
  let started = 0
  const next = () => {
    const child = spawn("sleep", ["600"], { stdio: "ignore" })
    child.once("error", (error) => process.stdout.write(`${JSON.stringify({ started, code: error.code })}\n`))
    child.once("spawn", () => {
      started += 1
      if (started < 500) next()
    })
  }
  next()
  wait()
}

function attempt(act) {
  try {
    act()
    return "allowed"
  } catch (error) {
    return error.code
  }
}

/** The first is where an older kernel's groups have it, the second a newer one's. */
function limit(...files) {
  const file = files.find((each) => existsSync(each))
  return file === undefined ? null : readFileSync(file, "utf8").trim()
}
