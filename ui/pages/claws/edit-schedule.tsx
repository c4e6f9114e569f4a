import { useNavigate, useParams } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import type { ClawSchedule } from "#contract/claws.ts"
import { clawTemplateQuery, editSchedule, scheduleQuery } from "../../api/claws.ts"
import { useQuery } from "../../api/use-query.ts"
import { Skeleton } from "../../kit/skeleton.tsx"
import { toast } from "../../kit/toast.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { paths } from "../../paths.ts"
import { scheduleDraftOf } from "./schedule-draft.ts"
import { ScheduleForm } from "./schedule-form.tsx"
import { SecretOnce } from "./secret-once.tsx"
import "./claws.css"

export default function EditSchedule(): JSX.Element {
  const params = useParams<{ id: string }>()
  const schedule = useQuery(() => scheduleQuery(params.id))
  return (
    <div class="page" data-width="narrow">
      <Show when={schedule.isLoadingError}>
        <PageHeader title="Edit schedule" parent={{ label: "Claws", href: paths.claws() }} />
      </Show>
      <Loaded query={schedule}>
        {(found) => (
          <>
            <PageHeader title={`Edit ${found().name}`} parent={{ label: found().name, href: paths.schedule(found().id) }} />
            <EditForm schedule={found()} />
          </>
        )}
      </Loaded>
    </div>
  )
}

function EditForm(props: { schedule: ClawSchedule }): JSX.Element {
  const navigate = useNavigate()
  const template = useQuery(() => clawTemplateQuery(props.schedule.templateId))
  const [secret, setSecret] = createSignal<string | null>(null)
  const leave = () => {
    toast(`${props.schedule.name} is saved.`)
    navigate(paths.schedule(props.schedule.id))
  }
  return (
    <Loaded query={template} skeleton={<Skeleton lines={8} />}>
      {(found) => (
        <>
          <ScheduleForm
            schedule={props.schedule}
            initial={scheduleDraftOf(props.schedule)}
            templates={[found()]}
            act="Save changes"
            cancelHref={paths.schedule(props.schedule.id)}
            onSave={async (_, write) => {
              const saved = await editSchedule(props.schedule.id, write)
              if (saved.webhook?.secret === undefined) leave()
              else setSecret(saved.webhook.secret)
            }}
          />
          <SecretOnce secret={secret()} onClose={leave} />
        </>
      )}
    </Loaded>
  )
}
