import { useNavigate } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import CirclePause from "lucide-solid/icons/circle-pause"
import CirclePlay from "lucide-solid/icons/circle-play"
import Pencil from "lucide-solid/icons/pencil"
import Play from "lucide-solid/icons/play"
import Trash from "lucide-solid/icons/trash"
import type { ClawExecution, ClawSchedule } from "#contract/claws.ts"
import { deleteSchedule, editSchedule, runSchedule } from "../../api/claws.ts"
import { Button, IconButton, LinkButton } from "../../kit/button.tsx"
import { Confirm } from "../../kit/confirm.tsx"
import { Goes } from "../../kit/goes.tsx"
import { toast } from "../../kit/toast.tsx"
import { useProjectPermission } from "../../parts/permission.ts"
import { sentenceOf } from "../../parts/problem.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import { isPaused } from "./looks.tsx"

const runNow = async ({ id, name }: ClawSchedule) => say(name, await runSchedule(id))

function say(name: string, { status, reason }: ClawExecution): void {
  if (status === "failed") return toast(`${name} could not run: ${reason ?? "no reason was given"}`, "bad")
  if (status === "skipped") return toast(`${name} was left out: ${reason ?? "no reason was given"}.`, "bad")
  toast(status === "pending" ? `${name} waits for its turn.` : `${name} runs.`)
}

async function pauseOrResume(schedule: ClawSchedule): Promise<void> {
  const paused = isPaused(schedule)
  await editSchedule(schedule.id, { enabled: paused })
  toast(paused ? `${schedule.name} is on again.` : `${schedule.name} is paused: what becomes due meanwhile is not run.`)
}

/** Small ones for a row of the list; what the server refuses is said as it says it. */
export function RowActs(props: { schedule: ClawSchedule }): JSX.Element {
  const told = (act: Promise<void>) => void act.catch((error: unknown) => toast(sentenceOf(error), "bad"))
  return (
    <span class="claw-acts">
      <IconButton icon={Play} label={`Run ${props.schedule.name} now`} size="s" onClick={() => told(runNow(props.schedule))} />
      <IconButton
        icon={isPaused(props.schedule) ? CirclePlay : CirclePause}
        label={`${isPaused(props.schedule) ? "Resume" : "Pause"} ${props.schedule.name}`}
        size="s"
        onClick={() => told(pauseOrResume(props.schedule))}
      />
    </span>
  )
}

export function ScheduleActs(props: { schedule: ClawSchedule; onProblem: (sentence: string | null) => void }): JSX.Element {
  const { writeReason } = useProjectPermission(() => props.schedule.projectId)
  const [deleting, setDeleting] = createSignal(false)
  const run = createSubmit(() => runNow(props.schedule))
  const pause = createSubmit(() => pauseOrResume(props.schedule))
  const act = async (submit: typeof run) => {
    await submit.run()
    props.onProblem(submit.problem())
  }
  return (
    <>
      <Button kind="primary" icon={Play} busy={run.busy()} disabledReason={writeReason()} onClick={() => void act(run)}>
        Run now
      </Button>
      <Show when={!writeReason()}>
        <Button icon={isPaused(props.schedule) ? CirclePlay : CirclePause} busy={pause.busy()} onClick={() => void act(pause)}>
          {isPaused(props.schedule) ? "Resume" : "Pause"}
        </Button>
        <LinkButton icon={Pencil} href={paths.editSchedule(props.schedule.id)}>
          Edit
        </LinkButton>
        <Button kind="danger" icon={Trash} onClick={() => setDeleting(true)}>
          Delete
        </Button>
      </Show>
      <DeleteSchedule schedule={props.schedule} open={deleting()} onClose={() => setDeleting(false)} />
    </>
  )
}

function DeleteSchedule(props: { schedule: ClawSchedule; open: boolean; onClose: () => void }): JSX.Element {
  const navigate = useNavigate()
  const submit = createSubmit(async () => {
    const { id, name } = props.schedule
    await deleteSchedule(id)
    toast(`${name} is deleted.`)
    navigate(paths.claws())
  })
  return (
    <Confirm
      open={props.open}
      title={`Delete ${props.schedule.name}?`}
      act="Delete schedule"
      busy={submit.busy()}
      problem={submit.problem()}
      onConfirm={() => void submit.run()}
      onClose={props.onClose}
    >
      <Goes
        goes="The schedule, its webhook and the history of its runs."
        remains="The task template, the jobs that ran and their pull requests. A job that runs now goes on to its end."
      />
    </Confirm>
  )
}
