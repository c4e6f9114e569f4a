import { useQuery } from "../../api/use-query.ts"
import { For, type JSX, Show } from "solid-js"
import CircleCheck from "lucide-solid/icons/circle-check"
import CircleX from "lucide-solid/icons/circle-x"
import FileCheck from "lucide-solid/icons/file-check"
import GitPullRequest from "lucide-solid/icons/git-pull-request"
import Plus from "lucide-solid/icons/plus"
import type { Dashboard } from "#contract/dashboard.ts"
import { dashboardQuery } from "../../api/queries.ts"
import { LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import type { Icon } from "../../kit/icon.ts"
import { Notice } from "../../kit/notice.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { JobTable } from "../../parts/job-table.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { PHASE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import { NeedList } from "./need-list.tsx"

export default function DashboardPage(): JSX.Element {
  const dashboard = useQuery(dashboardQuery)
  return (
    <div class="page">
      <PageHeader
        title="Dashboard"
        actions={
          <LinkButton kind="primary" icon={Plus} href={paths.newTicket()}>
            New ticket
          </LinkButton>
        }
      />
      <Loaded
        query={dashboard}
        skeleton={
          <Card>
            <Skeleton lines={6} />
          </Card>
        }
      >
        {(data) => (
          <>
            <Budgets budgets={data().budgets} />
            <Needs dashboard={data()} />
            <Card title="Running now" aside={<span class="soft small numbers">{data().running.length}</span>} flush>
              <Show when={data().running.length > 0} fallback={<p class="need-none">No worker is at work.</p>}>
                <JobTable label="Running jobs" jobs={data().running} brief />
              </Show>
            </Card>
          </>
        )}
      </Loaded>
    </div>
  )
}

/** Projects in which nothing starts any more, or soon will not. */
function Budgets(props: { budgets: Dashboard["budgets"] }): JSX.Element {
  return (
    <For each={props.budgets}>
      {(budget) => (
        <Notice
          tone={budget.state === "spent" ? "bad" : "waiting"}
          title={
            budget.state === "spent" ? `${budget.name}: the month’s budget is spent` : `${budget.name}: the month’s budget is nearly spent`
          }
          action={
            <LinkButton size="s" href={paths.project(budget.slug)}>
              Go to the project
            </LinkButton>
          }
        >
          <p>{budget.sentence}</p>
        </Notice>
      )}
    </For>
  )
}

/** What waits for a person, most pressing first. */
function Needs(props: { dashboard: Dashboard }): JSX.Element {
  const groups = (): readonly {
    title: string
    icon: Icon
    items: readonly { id: string; label: string; aside: string; href: string }[]
  }[] =>
    [
      {
        title: "Documents to approve",
        icon: FileCheck,
        items: props.dashboard.approvals.map(({ ticketId, key, title, phase }) => ({
          id: `${ticketId} ${phase}`,
          label: title,
          aside: `${key} ${PHASE_WORDS[phase].toLowerCase()}`,
          href: paths.ticket(key),
        })),
      },
      {
        title: "Pull requests to review",
        icon: GitPullRequest,
        items: props.dashboard.pullRequests.map(({ id, key, title }) => ({ id, label: title, aside: key, href: paths.ticket(key) })),
      },
    ].filter(({ items }) => items.length > 0)
  const quiet = () => groups().length === 0 && props.dashboard.failed.length === 0
  return (
    <Show when={!quiet()} fallback={<NothingToDo />}>
      <Show when={props.dashboard.failed.length > 0}>
        <Card
          title={<Titled icon={CircleX} title="Failed jobs" />}
          aside={<span class="soft small numbers">{props.dashboard.failed.length}</span>}
          flush
        >
          <JobTable label="Failed jobs" jobs={props.dashboard.failed} brief />
        </Card>
      </Show>
      <div class="need-grid">
        <For each={groups()}>
          {(group) => (
            <Card
              title={<Titled icon={group.icon} title={group.title} />}
              aside={<span class="soft small numbers">{group.items.length}</span>}
              flush
            >
              <NeedList label={group.title} items={group.items} />
            </Card>
          )}
        </For>
      </div>
    </Show>
  )
}

function Titled(props: { icon: Icon; title: string }): JSX.Element {
  const Sign = props.icon
  return (
    <>
      <Sign size={16} aria-hidden="true" />
      {props.title}
    </>
  )
}

function NothingToDo(): JSX.Element {
  return (
    <Card>
      <Empty icon={CircleCheck} title="Nothing waits for you" action={<LinkButton href={paths.tickets()}>See the tickets</LinkButton>}>
        Documents to approve, failed jobs and open pull requests appear here.
      </Empty>
    </Card>
  )
}
