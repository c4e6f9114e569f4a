// Real programs of others are installed once for a clone and kept, whoever asks for them at the same time.
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { delimiter, dirname, join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"

/** npm and the JavaScript CLIs start by `#!/usr/bin/env node`: they get the Node of this process, not the machine's. */
export function pathWithNode(): string {
  return [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter)
}

export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8")
  } catch (error) {
    if (isCode(error, "ENOENT")) return null
    throw error
  }
}

// A lock without an owner inside is one whose owner is just writing its name, or died before it could.
const ownerlessAfterMs = 10_000
const retryMs = 200

/** One process at a time; the folder's creation is the lock, and one left by a dead process is taken over. */
export async function underLock(lock: string, work: () => Promise<void>): Promise<void> {
  const release = await takeLock(lock)
  try {
    await work()
  } finally {
    await release()
  }
}

/** Answers how to give it back. */
export async function takeLock(lock: string): Promise<() => Promise<void>> {
  await mkdir(dirname(lock), { recursive: true })
  while (!(await take(lock))) {
    if (await isAbandoned(lock)) await rm(lock, { recursive: true, force: true })
    else await wait(retryMs)
  }
  return () => rm(lock, { recursive: true, force: true })
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
  } catch (error) {
    if (isCode(error, "EEXIST")) return false
    throw error
  }
  await writeFile(join(lock, "pid"), String(process.pid))
  return true
}

async function isAbandoned(lock: string): Promise<boolean> {
  const pid = await readIfThere(join(lock, "pid"))
  if (pid !== null && pid !== "") return !isAlive(Number(pid))
  try {
    return Date.now() - (await stat(lock)).mtimeMs > ownerlessAfterMs
  } catch (error) {
    // Released between two looks: it is free, which the next try finds out.
    if (isCode(error, "ENOENT")) return false
    throw error
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return isCode(error, "EPERM")
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code
}
