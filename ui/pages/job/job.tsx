import { useParams, useSearchParams } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { type Accessor, createMemo, type JSX, lazy, Match, Show, Switch } from "solid-js"
import { isTerminal, type Job } from "#contract/jobs.ts"
import { clankerQuery, jobQuery, ticketQuery } from "../../api/queries.ts"
import { Card } from "../../kit/card.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Tabs } from "../../kit/tabs.tsx"
import { jobName } from "../../parts/job-name.ts"
import { JobOutput } from "../../parts/job-output.tsx"
import { useJobStream } from "../../parts/job-stream.ts"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { paths } from "../../paths.ts"
import { JobActions, RetryFailure } from "./actions.tsx"
import { JobDetails, Provenance } from "./details.tsx"
import { JobEyebrow, JobMeta } from "./head.tsx"
import { Prompt } from "./prompt.tsx"
import { JobSteps } from "./steps.tsx"
import "./job.css"

const LogView = lazy(async () => ({ default: (await import("../../parts/log-view.tsx")).LogView }))
const TABS = [
  { value: "output", label: "Output" },
  { value: "log", label: "Log" },
  { value: "prompt", label: "Prompt" },
  { value: "details", label: "Provenance" },
] as const

export default function JobPage(): JSX.Element {
  const params = useParams()
  const id = createMemo(() => params["id"] ?? "")
  const job = useQuery(() => jobQuery(id()))
  return (
    <div class="page">
      {
        <Loaded query={job} page="Job">
          {(loaded) => <OneJob job={loaded} />}
        </Loaded>
      }
    </div>
  )
}

function OneJob(props: { job: Accessor<Job> }): JSX.Element {
  const job = props.job
  const [query, setQuery] = useSearchParams()
  const tab = () => TABS.find(({ value }) => value === query["tab"])?.value ?? "output"
  const stream = useJobStream(() => job().id)
  const running = () => !isTerminal(job().status)
  const ticket = useQuery(() => ({ ...ticketQuery(job().ticketId ?? ""), enabled: job().ticketId !== undefined }))
  const clanker = useQuery(() => clankerQuery(job().clankerId))
  const title = () => {
    const about = job().ticketId === undefined ? undefined : dataOf(ticket)
    return about ? `${jobName(job())} of ${about.key}` : jobName(job())
  }
  return (
    <>
      <PageHeader
        title={title()}
        parent={{ label: "Jobs", href: paths.jobs() }}
        eyebrow={<JobEyebrow job={job()} />}
        meta={<JobMeta job={job()} ticket={job().ticketId === undefined ? undefined : dataOf(ticket)} clanker={dataOf(clanker)} />}
        actions={<JobActions job={job()} />}
      />
      <Show when={job().failure}>{(failure) => <RetryFailure job={job()} failure={failure()} />}</Show>
      <Show when={job().queue}>
        {(queue) => (
          <Notice tone="quiet" title={queue().position === null ? "Waiting" : `Waiting, number ${queue().position} in the queue`}>
            <p>{queue().reason}</p>
          </Notice>
        )}
      </Show>
      <div class="job-grid">
        <div class="job-main">
          <Tabs
            label="Job"
            tabs={TABS}
            value={tab()}
            onChange={(value) => setQuery({ tab: value === "output" ? undefined : value }, { replace: true, scroll: false })}
          >
            <Switch>
              <Match when={tab() === "output"}>
                <Card flush>
                  <JobOutput stream={stream} running={running()} tall />
                </Card>
              </Match>
              <Match when={tab() === "log"}>
                <Card flush>
                  <LogView lines={stream.lines()} count={stream.lineCount()} running={running()} />
                </Card>
              </Match>
              <Match when={tab() === "prompt"}>
                <Prompt jobId={job().id} />
              </Match>
              <Match when={tab() === "details"}>
                <Card>
                  <Provenance job={job()} />
                </Card>
              </Match>
            </Switch>
          </Tabs>
        </div>
        <aside class="job-side" aria-label="Progress">
          <Card title="Steps">
            <JobSteps job={job()} />
          </Card>
          <Card title="Result">
            <JobDetails job={job()} />
          </Card>
        </aside>
      </div>
    </>
  )
}
