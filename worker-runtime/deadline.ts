import { CLOCKS } from "#contract/jobs.ts"
import type { Stop } from "./failure.ts"

type Deadline = Extract<Stop, { kind: "deadline" }>

export interface DeadlineClock {
  /** The attempt's own limit is known: it counts from now, where the machine leaves that much. */
  start(limitMs: number): void
  cancel(): void
}

export interface DeadlineDeps {
  place: { endsAt: number | null }
  now: () => number
  stop: (stop: Deadline) => void
  /** Arms a warning before a limit; answers what takes it back. */
  warn: (limitMs: number) => () => void
}

/** One clock for two limits: the job's, and the machine's where it goes away by itself, which runs from the beginning. */
export function deadlineClock({ place, now, stop, warn }: DeadlineDeps): DeadlineClock {
  const begunAt = now()
  let timer: NodeJS.Timeout | undefined
  let unwarn = () => {}
  const cancel = () => {
    unwarn()
    clearTimeout(timer)
  }
  const arm = (ms: number, deadline: Omit<Deadline, "kind">) => {
    cancel()
    timer = setTimeout(() => stop({ kind: "deadline", ...deadline }), ms)
  }
  const machine = limitOf(place.endsAt, begunAt)
  if (machine !== null) arm(machine.limitMs, machine)
  return {
    start(limitMs) {
      const left = machine === null ? limitMs : Math.max(0, begunAt + machine.limitMs - now())
      if (machine !== null && left < limitMs) arm(left, machine)
      else arm(limitMs, { limitMs })
      unwarn = warn(Math.min(left, limitMs))
    },
    cancel,
  }
}

/** What a machine with an end leaves for the work. */
function limitOf(endsAt: number | null, now: number): { limitMs: number; detail: string } | null {
  if (endsAt === null) return null
  const leftMs = Math.max(0, endsAt - now)
  const [left, reserve] = [Math.round(leftMs / 1000), CLOCKS.lambdaReserveMs.ms / 1000]
  const detail = `The machine of this worker goes away ${left} s after its start, and the last ${reserve} s are kept for the report: allow the function more time.`
  return { limitMs: Math.max(0, leftMs - CLOCKS.lambdaReserveMs.ms), detail }
}
