import type { JSX } from "solid-js"
import { JOB_STEPS, type Job } from "#contract/jobs.ts"
import { StepsList } from "../../parts/steps-list.tsx"
import { STEP_WORDS } from "../../parts/words.ts"

/** All nine steps, also those that no worker has reached. */
export function JobSteps(props: { job: Job }): JSX.Element {
  const steps = () =>
    JOB_STEPS.map((name) => {
      const known = props.job.steps.find((step) => step.name === name)
      return {
        word: STEP_WORDS[name],
        state: known?.state ?? "pending",
        startedAt: known?.startedAt ?? null,
        endedAt: known?.endedAt ?? null,
      }
    })
  return <StepsList label="Steps of the job" steps={steps()} />
}
