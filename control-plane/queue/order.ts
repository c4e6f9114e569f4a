/** A job that waits for a slot: the cap keys it counts against, and what decides its turn. */
export interface Waiting {
  jobId: string
  keys: readonly string[]
  projectId: string
  priority: number
  at: number
}
export interface Held {
  keys: readonly string[]
  projectId: string
}
export type Caps = ReadonlyMap<string, { limit: number; reason: string | null }>

/**
 * Who is granted next, all-or-nothing: every cap of a job has room, or it waits. Order: priority, then the project with
 * the fewest running jobs, then age. A job that cannot go does not hold up those behind it.
 */
export function grants(waiting: readonly Waiting[], held: readonly Held[], caps: Caps): Waiting[] {
  const used = new Map<string, number>()
  const perProject = new Map<string, number>()
  const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1)
  for (const { keys, projectId } of held) {
    for (const key of keys) count(used, key)
    count(perProject, projectId)
  }
  const left = [...waiting]
  const chosen: Waiting[] = []
  for (;;) {
    const open = left.filter((job) => blockedBy(job, used, caps) === null)
    const next = open.toSorted(
      (a, b) =>
        b.priority - a.priority ||
        (perProject.get(a.projectId) ?? 0) - (perProject.get(b.projectId) ?? 0) ||
        a.at - b.at ||
        (a.jobId < b.jobId ? -1 : 1),
    )[0]
    if (!next) return chosen
    chosen.push(next)
    left.splice(left.indexOf(next), 1)
    for (const key of next.keys) count(used, key)
    count(perProject, next.projectId)
  }
}

/** The first cap without room, or null. */
export function blockedBy(job: Waiting, used: ReadonlyMap<string, number>, caps: Caps): string | null {
  return job.keys.find((key) => (used.get(key) ?? 0) >= (caps.get(key)?.limit ?? Number.POSITIVE_INFINITY)) ?? null
}
