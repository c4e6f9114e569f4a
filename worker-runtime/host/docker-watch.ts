import { mkdirSync, writeFileSync } from "node:fs"
import type Dockerode from "dockerode"
import { type Book, forget, keep, living, noteExit, setGrace, tellExit } from "./book.ts"
import { LABEL } from "./container.ts"
import { classOf } from "./docker-errors.ts"
import { readOutput } from "./docker-log.ts"
import { containerExit } from "./exit-reason.ts"
import { isExpired, type Run, type RunExit, runFolder } from "./runs.ts"
import { logFile, LOG_TAIL } from "./worker-log.ts"

/** What a host knows of the Docker engine. `starting`: between tombstone and the engine's answer to the start. */
export interface Dock extends Book {
  docker: Dockerode
  hostId: string
  starting: Set<string>
  /** How long ago another host's container has ended when it counts as left by one that is gone. */
  leftMs: number
  /** The Docker engine does not answer: told once, and nothing is concluded from it. */
  silent: boolean
}

const LOOK_MS = 1000

/** Looks once a second, one look at a time. Looking, unless listening to events, misses nothing while either side is away. */
export function watchContainers(dock: Dock): { close: () => void } {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const wait = () => {
    if (!closed) timer = setTimeout(turn, LOOK_MS)
  }
  const turn = () =>
    void look(dock)
      .catch((error: unknown) => unheard(dock, error))
      .finally(wait)
  wait()
  return {
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

function unheard(dock: Dock, error: unknown): void {
  if (!dock.silent) dock.log.error(classOf(error, "other"), "host.engine-silent")
  dock.silent = true
}

/** One look at every container of ours. What this process does not know was started by one before it, and is taken over. */
export async function look(dock: Dock): Promise<void> {
  // Read before the list: what is started after it cannot be missing in it.
  const runs = living(dock).filter((run) => !dock.starting.has(run.handle))
  const containers = await dock.docker.listContainers({ all: true, filters: { label: [LABEL.host] } })
  if (dock.silent) dock.log.info("host.engine-heard-again")
  dock.silent = false
  const ours = new Map(containers.filter(({ Labels }) => Labels[LABEL.host] === dock.hostId).map((each) => [nameOf(each), each]))
  for (const container of ours.values()) adoptUnknown(dock, container)
  for (const run of runs) await lookAt(dock, run, ours.get(run.handle))
  for (const run of dock.runs.values()) await tidy(dock, run, ours.has(run.handle))
  for (const container of containers) if (await isLeftOver(dock, container, Date.now())) await remove(dock, container.Id)
}

const nameOf = ({ Names }: Dockerode.ContainerInfo) => Names[0]?.replace(/^\//, "") ?? ""

/** The state folder was lost, or this is another machine's folder: labels say enough to go on. */
function adoptUnknown(dock: Dock, container: Dockerode.ContainerInfo): void {
  const handle = nameOf(container)
  const { [LABEL.job]: jobId, [LABEL.attempt]: attempt, [LABEL.call]: callId } = container.Labels
  if (dock.runs.has(handle) || jobId === undefined || callId === undefined || !Number.isInteger(Number(attempt))) return
  const run: Run = { jobId, attempt: Number(attempt), handle, callId, startedAt: container.Created * 1000, stored: false }
  dock.runs.set(handle, run)
  keep(dock, run)
  dock.log.info("host.worker-found-again", { handle, state: container.State })
}

async function lookAt(dock: Dock, run: Run, info: Dockerode.ContainerInfo | undefined): Promise<void> {
  if (!info)
    return endRun(dock, run, { unseen: "Its container is not there (any more): the start did not finish, or somebody removed it." })
  switch (info.State) {
    case "created":
      return endRun(dock, run, { unseen: "The host ended while it was starting the worker, which never ran." })
    case "exited":
    case "dead":
      return endContainer(dock, run)
    default:
      if (run.killAt !== undefined && Date.now() >= run.killAt) await signal(dock, run, "SIGKILL")
  }
}

async function endContainer(dock: Dock, run: Run): Promise<void> {
  const container = dock.docker.getContainer(run.handle)
  const { State, HostConfig } = await container.inspect()
  await keepOutput(dock, run, container)
  run.startedAt = Date.parse(State.StartedAt) || run.startedAt
  endRun(dock, run, containerExit({ ...State, memoryBytes: HostConfig.Memory ?? 0 }))
}

function endRun(dock: Dock, run: Run, how: ReturnType<typeof containerExit> | { unseen: string }): void {
  const asked = run.killAt === undefined ? "" : " It had been asked to stop."
  const end: Omit<RunExit, "at"> & { at?: number } = "unseen" in how ? { exitCode: null, oom: false, reason: how.unseen } : how
  noteExit(dock, run, { ...end, reason: `${end.reason}${asked}`, at: end.at ?? Date.now() })
  tellExit(dock, run)
}

/** The container is removed once its end is known outside; its last lines stay as long as its record. */
async function keepOutput(dock: Dock, run: Run, container: Dockerode.Container): Promise<void> {
  try {
    const text = await readOutput(container, LOG_TAIL.lines)
    mkdirSync(runFolder(dock.state, run), { recursive: true, mode: 0o700 })
    writeFileSync(logFile(runFolder(dock.state, run)), `${text}\n`, { mode: 0o600 })
  } catch (error) {
    dock.log.error(error, "host.output-not-kept", { handle: run.handle })
  }
}

async function tidy(dock: Dock, run: Run, there: boolean): Promise<void> {
  if (run.exit && run.stored && there) await remove(dock, run.handle)
  if (isExpired(run, Date.now())) forget(dock, run)
}

async function isLeftOver({ docker, hostId, leftMs }: Dock, { Id, Labels, State, Created }: Dockerode.ContainerInfo, now: number) {
  if (Labels[LABEL.host] === hostId || !["created", "exited", "dead"].includes(State) || now - Created * 1000 < leftMs) return false
  const { FinishedAt } = (await docker.getContainer(Id).inspect()).State
  // The year 1 when it never ran.
  return now - Date.parse(FinishedAt) >= leftMs
}

async function remove(dock: Dock, name: string): Promise<void> {
  try {
    await dock.docker.getContainer(name).remove({ force: true, v: true })
  } catch (error) {
    const told = classOf(error, "other")
    // Removed meanwhile, or being removed: what was wanted.
    if (!(told instanceof Error && "code" in told && (told.code === "gone" || /already in progress/.test(told.message)))) throw told
  }
}

/** TERM to the container's first process, which hands it to the worker, which ends its agent in its own order. */
export async function askContainerToStop(dock: Dock, run: Run, graceMs: number): Promise<void> {
  if (run.exit) return
  setGrace(dock, run, graceMs)
  await signal(dock, run, graceMs <= 0 ? "SIGKILL" : "SIGTERM")
}

async function signal(dock: Dock, run: Run, name: "SIGTERM" | "SIGKILL"): Promise<void> {
  try {
    await dock.docker.getContainer(run.handle).kill({ signal: name })
  } catch (error) {
    // 404 and 409 say that it does not run (any more): the next look finds out how it ended.
    if (error instanceof Error && "statusCode" in error && (error.statusCode === 404 || error.statusCode === 409)) return
    throw classOf(error, "other")
  }
}
