import type { JSX } from "solid-js"
import Ban from "lucide-solid/icons/ban"
import Circle from "lucide-solid/icons/circle"
import CircleCheck from "lucide-solid/icons/circle-check"
import CircleDashed from "lucide-solid/icons/circle-dashed"
import CircleDot from "lucide-solid/icons/circle-dot"
import CirclePause from "lucide-solid/icons/circle-pause"
import CircleX from "lucide-solid/icons/circle-x"
import Clock from "lucide-solid/icons/clock"
import Eye from "lucide-solid/icons/eye"
import GitMerge from "lucide-solid/icons/git-merge"
import GitPullRequest from "lucide-solid/icons/git-pull-request"
import GitPullRequestClosed from "lucide-solid/icons/git-pull-request-closed"
import LoaderCircle from "lucide-solid/icons/loader-circle"
import PencilLine from "lucide-solid/icons/pencil-line"
import SignalHigh from "lucide-solid/icons/signal-high"
import SignalLow from "lucide-solid/icons/signal-low"
import SignalMedium from "lucide-solid/icons/signal-medium"
import TriangleAlert from "lucide-solid/icons/triangle-alert"
import type { ClankerStatus } from "#contract/clankers.ts"
import type { JobStatus } from "#contract/jobs.ts"
import type { DocumentState, Ticket, TicketStatus } from "#contract/tickets.ts"
import { Badge, type Tone } from "../kit/badge.tsx"
import type { Icon } from "../kit/icon.ts"
import { SEVERITY_WORDS } from "./words.ts"

export interface Look {
  word: string
  tone: Tone
  icon: Icon
  turning?: true
}

/** One table a state: the same word, colour and icon everywhere. */
export const JOB_LOOKS = {
  queued: { word: "Queued", tone: "quiet", icon: CircleDashed },
  launching: { word: "Launching", tone: "busy", icon: LoaderCircle, turning: true },
  running: { word: "Running", tone: "busy", icon: LoaderCircle, turning: true },
  stopping: { word: "Stopping", tone: "waiting", icon: CirclePause },
  succeeded: { word: "Succeeded", tone: "good", icon: CircleCheck },
  failed: { word: "Failed", tone: "bad", icon: CircleX },
  cancelled: { word: "Cancelled", tone: "quiet", icon: Ban },
} as const satisfies Record<JobStatus, Look>

export const TICKET_LOOKS = {
  open: { word: "Open", tone: "quiet", icon: Circle },
  in_progress: { word: "In progress", tone: "busy", icon: CircleDot },
  in_review: { word: "In review", tone: "waiting", icon: Eye },
  resolved: { word: "Resolved", tone: "good", icon: CircleCheck },
} as const satisfies Record<TicketStatus, Look>

export const DOCUMENT_LOOKS = {
  draft: { word: "Draft", tone: "quiet", icon: PencilLine },
  approval_requested: { word: "Waiting for approval", tone: "waiting", icon: Clock },
  approved: { word: "Approved", tone: "good", icon: CircleCheck },
  rejected: { word: "Rejected", tone: "bad", icon: CircleX },
} as const satisfies Record<DocumentState, Look>

export const CLANKER_LOOKS = {
  inactive: { word: "Inactive", tone: "quiet", icon: CirclePause },
  deploying: { word: "Deploying", tone: "busy", icon: LoaderCircle, turning: true },
  active: { word: "Active", tone: "good", icon: CircleCheck },
  failed: { word: "Failed", tone: "bad", icon: CircleX },
} as const satisfies Record<ClankerStatus, Look>

const PULL_REQUEST_LOOKS = {
  open: { word: "Open", tone: "good", icon: GitPullRequest },
  merged: { word: "Merged", tone: "merged", icon: GitMerge },
  closed: { word: "Closed", tone: "bad", icon: GitPullRequestClosed },
} as const satisfies Record<NonNullable<Ticket["pullRequest"]>["state"], Look>

const SEVERITY_LOOKS = {
  low: { word: SEVERITY_WORDS.low, tone: "quiet", icon: SignalLow },
  medium: { word: SEVERITY_WORDS.medium, tone: "quiet", icon: SignalMedium },
  high: { word: SEVERITY_WORDS.high, tone: "waiting", icon: SignalHigh },
  critical: { word: SEVERITY_WORDS.critical, tone: "bad", icon: TriangleAlert },
} as const satisfies Record<Ticket["severity"], Look>

/** Any look of the tables above; for states of other nouns make a table of your own and hand in its entry. */
export function LookBadge(props: { look: Look; plain?: boolean | undefined }): JSX.Element {
  return (
    <Badge tone={props.look.tone} icon={props.look.icon} turning={props.look.turning} plain={props.plain}>
      {props.look.word}
    </Badge>
  )
}

export const JobBadge = (props: { status: JobStatus; plain?: boolean }): JSX.Element => (
  <LookBadge look={JOB_LOOKS[props.status]} plain={props.plain} />
)
export const TicketBadge = (props: { status: TicketStatus; plain?: boolean }): JSX.Element => (
  <LookBadge look={TICKET_LOOKS[props.status]} plain={props.plain} />
)
export const DocumentBadge = (props: { state: DocumentState }): JSX.Element => <LookBadge look={DOCUMENT_LOOKS[props.state]} />
export const ClankerBadge = (props: { status: ClankerStatus; plain?: boolean }): JSX.Element => (
  <LookBadge look={CLANKER_LOOKS[props.status]} plain={props.plain} />
)
export const PullRequestBadge = (props: { state: NonNullable<Ticket["pullRequest"]>["state"] }): JSX.Element => (
  <LookBadge look={PULL_REQUEST_LOOKS[props.state]} />
)
export const SeverityBadge = (props: { severity: Ticket["severity"] }): JSX.Element => (
  <LookBadge look={SEVERITY_LOOKS[props.severity]} plain />
)
