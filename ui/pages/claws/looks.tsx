import type { JSX } from "solid-js"
import Ban from "lucide-solid/icons/ban"
import CircleCheck from "lucide-solid/icons/circle-check"
import CircleDashed from "lucide-solid/icons/circle-dashed"
import CirclePause from "lucide-solid/icons/circle-pause"
import CircleX from "lucide-solid/icons/circle-x"
import LoaderCircle from "lucide-solid/icons/loader-circle"
import SkipForward from "lucide-solid/icons/skip-forward"
import TriangleAlert from "lucide-solid/icons/triangle-alert"
import type { ClawSchedule, ExecutionStatus, MissedRuns, Overlap } from "#contract/claws.ts"
import { type Look, LookBadge } from "../../parts/status-badge.tsx"

export const EXECUTION_LOOKS = {
  pending: { word: "Waiting", tone: "quiet", icon: CircleDashed },
  running: { word: "Running", tone: "busy", icon: LoaderCircle, turning: true },
  succeeded: { word: "Succeeded", tone: "good", icon: CircleCheck },
  failed: { word: "Failed", tone: "bad", icon: CircleX },
  skipped: { word: "Left out", tone: "waiting", icon: SkipForward },
  cancelled: { word: "Cancelled", tone: "quiet", icon: Ban },
} as const satisfies Record<ExecutionStatus, Look>

const ON: Look = { word: "On", tone: "good", icon: CircleCheck }
const PAUSED: Look = { word: "Paused", tone: "quiet", icon: CirclePause }
const STOPPED: Look = { word: "Paused itself", tone: "bad", icon: TriangleAlert }
const OVER: Look = { word: "Never due again", tone: "quiet", icon: CirclePause }

export function ScheduleBadge(props: { schedule: Pick<ClawSchedule, "enabled" | "pausedReason" | "nextRunAt"> }): JSX.Element {
  const look = () => {
    if (!props.schedule.enabled) return PAUSED
    if (props.schedule.pausedReason !== null) return STOPPED
    return props.schedule.nextRunAt === null ? OVER : ON
  }
  return <LookBadge look={look()} />
}

/** Nobody looks at the clock for it. */
export const isPaused = ({ enabled, pausedReason }: Pick<ClawSchedule, "enabled" | "pausedReason">): boolean =>
  !enabled || pausedReason !== null

export const OVERLAP_WORDS = {
  skip: "Leave the new run out",
  queue: "Let one run wait",
  allow: "Start it beside",
} as const satisfies Record<Overlap, string>
export const MISSED_WORDS = {
  once: "One run stands for all that were missed",
  skip: "They are left out",
} as const satisfies Record<MissedRuns, string>
