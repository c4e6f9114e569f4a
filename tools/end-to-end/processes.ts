import { readdirSync, readFileSync } from "node:fs"
import type { Job } from "#contract/jobs.ts"

/** What /proc says of a process; nothing for one that has gone between the listing and the look. */
export function proc(pid: number, file: "environ" | "cmdline"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8")
  } catch {
    // It has gone: nothing to read is the answer.
    return ""
  }
}
export const pids = () =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
/** Processes that the agent of this job started: they carry its mark. */
export const marked = (mark: string) => pids().filter((pid) => proc(pid, "environ").includes(`VIBERATOR_MARK=${mark}`))

/** Resolves when the agent's shell tool has been asked for its sleep. */
export const sleeping = (job: Job): Promise<boolean> =>
  until(() => marked(`${job.id}-`).some((pid) => proc(pid, "cmdline").startsWith("sleep\0")), 60_000)

export async function until(look: () => boolean, ms = 30_000): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) if (look()) return true
  throw new Error(`waited ${ms} ms`)
}
