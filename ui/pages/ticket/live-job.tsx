import { createSignal, type JSX, Show } from "solid-js"
import ExternalLink from "lucide-solid/icons/arrow-up-right"
import Square from "lucide-solid/icons/square"
import type { Job } from "#contract/jobs.ts"
import { cancelJob } from "../../api/actions.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Duration } from "../../parts/duration.tsx"
import { JobOutput } from "../../parts/job-output.tsx"
import { useJobStream } from "../../parts/job-stream.ts"
import { useProjectPermission } from "../../parts/permission.ts"
import { createSubmit } from "../../parts/submit.ts"
import { STEP_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import "./live-job.css"

/** A job at work inside its ticket. */
export function LiveJob(props: { job: Job }): JSX.Element {
  const stream = useJobStream(() => props.job.id)
  const { writeReason } = useProjectPermission(() => props.job.projectId)
  const [asked, setAsked] = createSignal(false)
  const cancel = createSubmit(() => cancelJob(props.job.id))
  const stop = async () => {
    if (await cancel.run()) setAsked(true)
  }
  const stopping = () => (props.job.status === "stopping" || asked() ? "It is stopping already." : null)
  return (
    <div class="live-job">
      <div class="live-job-bar">
        <span class="live-job-step">
          {whereItIs(props.job)}
          <span class="soft">
            {" "}
            <Duration from={props.job.startedAt} to={null} />
          </span>
        </span>
        <span class="row">
          <Show when={!stopping()} fallback={<span class="small soft">{stopping()}</span>}>
            <Button
              size="s"
              icon={Square}
              busy={cancel.busy()}
              disabledReason={writeReason() ?? cancel.problem()}
              onClick={() => void stop()}
            >
              Cancel
            </Button>
          </Show>
          <LinkButton size="s" kind="quiet" icon={ExternalLink} href={paths.job(props.job.id)}>
            Open the job
          </LinkButton>
        </span>
      </div>
      <JobOutput stream={stream} running />
    </div>
  )
}

function whereItIs(job: Job): string {
  return job.revisionOf === undefined ? stepOf(job) : `Revising ${job.revisionOf}. ${stepOf(job)}`
}

function stepOf({ status, queue, steps }: Job): string {
  if (queue) return queue.position === null ? `Waiting: ${queue.reason}` : `Waiting, number ${queue.position} in the queue: ${queue.reason}`
  if (status === "launching") return "Starting a worker"
  const step = steps.findLast(({ state }) => state === "running")
  return step ? STEP_WORDS[step.name] : "At work"
}
