import { type JSX, Show } from "solid-js"
import ArrowUpRight from "lucide-solid/icons/arrow-up-right"
import type { Ticket } from "#contract/tickets.ts"
import { LinkButton } from "../../kit/button.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { PullRequestBadge } from "../../parts/status-badge.tsx"
import "./pull-request.css"

export function PullRequestCard(props: { pullRequest: NonNullable<Ticket["pullRequest"]>; branch: string | null }): JSX.Element {
  return (
    <div class="pull-request">
      <div class="row" style={{ "--gap": "var(--space-3)" }}>
        <strong>Pull request #{props.pullRequest.number}</strong>
        <PullRequestBadge state={props.pullRequest.state} />
        <Show when={props.branch}>{(branch) => <Copyable text={branch()} what="branch name" />}</Show>
      </div>
      <LinkButton kind={props.pullRequest.state === "open" ? "primary" : "plain"} icon={ArrowUpRight} href={props.pullRequest.url} external>
        {props.pullRequest.state === "open" ? "Review it" : "Open it"}
      </LinkButton>
    </div>
  )
}
