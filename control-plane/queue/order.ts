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
/** By key, or by what stands before its colon: a cap for every project, say. */
export type Caps = ReadonlyMap<string, { limit: number; reason: string | null }>
export const capOf = (caps: Caps, key: string): { limit: number; reason: string | null } | null =>
  caps.get(key) ?? caps.get(kindOf(key)) ?? null
export const kindOf = (key: string): string => key.split(":")[0] ?? key

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
    const next = first(
      left.filter((job) => blockedBy(job, used, caps) === null),
      perProject,
    )
    if (!next) return chosen
    chosen.push(next)
    left.splice(left.indexOf(next), 1)
    for (const key of next.keys) count(used, key)
    count(perProject, next.projectId)
  }
}

/**
 * How many would be granted before this job if no cap stood in anybody's way, itself included. Within a project the order
 * is fixed, so only the first of each has to be looked at.
 */
export function placeOf(job: Waiting, waiting: readonly Waiting[], held: readonly Held[]): number {
  const perProject = new Map<string, number>()
  for (const { projectId } of held) perProject.set(projectId, (perProject.get(projectId) ?? 0) + 1)
  const lines = [...Map.groupBy(waiting, ({ projectId }) => projectId).values()].map((line) =>
    line.toSorted(inTurn(new Map())).toReversed(),
  )
  for (let place = 1; ; place++) {
    const next = first(
      lines.flatMap((line) => line.at(-1) ?? []),
      perProject,
    )
    if (!next || next.jobId === job.jobId) return place
    lines.find((line) => line.at(-1) === next)?.pop()
    perProject.set(next.projectId, (perProject.get(next.projectId) ?? 0) + 1)
  }
}

const first = (jobs: readonly Waiting[], perProject: ReadonlyMap<string, number>): Waiting | undefined =>
  jobs.reduce<Waiting | undefined>((best, job) => (best && inTurn(perProject)(best, job) < 0 ? best : job), undefined)

const inTurn = (perProject: ReadonlyMap<string, number>) => (a: Waiting, b: Waiting) =>
  b.priority - a.priority ||
  (perProject.get(a.projectId) ?? 0) - (perProject.get(b.projectId) ?? 0) ||
  a.at - b.at ||
  (a.jobId < b.jobId ? -1 : 1)

/** The first cap without room, or null. */
export function blockedBy(job: Pick<Waiting, "keys">, used: ReadonlyMap<string, number>, caps: Caps): string | null {
  return job.keys.find((key) => (used.get(key) ?? 0) >= (capOf(caps, key)?.limit ?? Number.POSITIVE_INFINITY)) ?? null
}
