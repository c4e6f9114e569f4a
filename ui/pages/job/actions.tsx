import { useNavigate } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import RotateCw from "lucide-solid/icons/rotate-cw"
import Square from "lucide-solid/icons/square"
import Trash from "lucide-solid/icons/trash"
import { type Job, jobCan } from "#contract/jobs.ts"
import { cancelJob, deleteJob, retryJob } from "../../api/actions.ts"
import { Button } from "../../kit/button.tsx"
import { Confirm } from "../../kit/confirm.tsx"
import { FailureCard } from "../../parts/failure-card.tsx"
import { useProjectPermission } from "../../parts/permission.ts"
import { RunDialog, type RunWishes } from "../../parts/run-dialog.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"

export function JobActions(props: { job: Job }): JSX.Element {
  const navigate = useNavigate()
  const { writeReason } = useProjectPermission(() => props.job.projectId)
  const [asking, setAsking] = createSignal<"cancel" | "delete" | null>(null)
  const cancel = createSubmit(() => cancelJob(props.job.id))
  const remove = createSubmit(() => deleteJob(props.job.id))
  const close = () => setAsking(null)
  const can = () => jobCan[props.job.status]
  return (
    <>
      <Show when={can().cancel}>
        <Button
          icon={Square}
          disabledReason={props.job.status === "stopping" ? "It is stopping already." : writeReason()}
          onClick={() => setAsking("cancel")}
        >
          Cancel
        </Button>
      </Show>
      <Show when={can().retry && !props.job.failure}>
        <Retry job={props.job} />
      </Show>
      <Show when={can().delete}>
        <Button icon={Trash} disabledReason={writeReason()} onClick={() => setAsking("delete")}>
          Delete
        </Button>
      </Show>
      <Confirm
        open={asking() === "cancel"}
        title="Cancel this job?"
        act="Cancel the job"
        busy={cancel.busy()}
        problem={cancel.problem()}
        onConfirm={() => void cancel.run().then((done) => done && close())}
        onClose={close}
      >
        <p>The worker is told to stop. What it pushed stays; what it has not pushed is lost.</p>
      </Confirm>
      <Confirm
        open={asking() === "delete"}
        title="Delete this job?"
        act="Delete the job"
        busy={remove.busy()}
        problem={remove.problem()}
        onConfirm={() => void remove.run().then((done) => done && navigate(paths.jobs()))}
        onClose={close}
      >
        <p>Its log, its files and its entry in the lists go for good. The ticket, its documents, the branch and the pull request stay.</p>
      </Confirm>
    </>
  )
}

/** Again, at once or with other settings; goes to the new job. */
function Retry(props: { job: Job; primary?: boolean }): JSX.Element {
  const navigate = useNavigate()
  const { writeReason } = useProjectPermission(() => props.job.projectId)
  const [open, setOpen] = createSignal(false)
  const run = async (wanted: RunWishes) => {
    const job = await retryJob(props.job.id, wanted)
    navigate(paths.job(job.id))
  }
  const retry = createSubmit(() => run({}))
  return (
    <>
      <Button
        kind={props.primary ? "primary" : "plain"}
        icon={RotateCw}
        busy={retry.busy()}
        disabledReason={writeReason() ?? retry.problem()}
        onClick={() => void retry.run()}
      >
        Retry
      </Button>
      <Show when={!writeReason() && props.job.kind !== "self-test"}>
        <Button kind="quiet" onClick={() => setOpen(true)}>
          Retry with…
        </Button>
      </Show>
      <RunDialog open={open()} title="Retry this job" act="Retry" retries onRun={run} onClose={() => setOpen(false)} />
    </>
  )
}

export function RetryFailure(props: { job: Job; failure: NonNullable<Job["failure"]> }): JSX.Element {
  return (
    <FailureCard
      failure={props.failure}
      action={jobCan[props.job.status].retry ? <Retry job={props.job} primary={props.failure.retryHelps} /> : undefined}
    />
  )
}
