import type { JSX } from "solid-js"
import CircleCheck from "lucide-solid/icons/circle-check"
import CirclePause from "lucide-solid/icons/circle-pause"
import FileClock from "lucide-solid/icons/file-clock"
import type { Clanker } from "#contract/clankers.ts"
import { Badge } from "../../kit/badge.tsx"
import { LookBadge } from "../../parts/status-badge.tsx"

/** Whether it takes jobs: not the same as its state, because a failed start leaves the former deployment serving. */
export function AcceptsJobs(props: { clanker: Pick<Clanker, "acceptsJobs"> }): JSX.Element {
  return <LookBadge plain look={props.clanker.acceptsJobs ? ACCEPTS : REFUSES} />
}
const ACCEPTS = { word: "Takes jobs", tone: "good", icon: CircleCheck } as const
const REFUSES = { word: "Takes no jobs", tone: "quiet", icon: CirclePause } as const

export function ChangesPending(): JSX.Element {
  return (
    <Badge tone="waiting" icon={FileClock}>
      Changes pending
    </Badge>
  )
}
