import { useNavigate, useSearchParams } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import type { ClawSchedule } from "#contract/claws.ts"
import { clawTemplatesQuery, createSchedule, type ScheduleWrite } from "../../api/claws.ts"
import { useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { toast } from "../../kit/toast.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { paths } from "../../paths.ts"
import { NoTemplates } from "./empty.tsx"
import { emptySchedule, timingOf } from "./schedule-draft.ts"
import { ScheduleForm } from "./schedule-form.tsx"
import { SecretOnce } from "./secret-once.tsx"
import "./claws.css"

export default function NewSchedule(): JSX.Element {
  const [query] = useSearchParams<{ template?: string }>()
  const templates = useQuery(() => clawTemplatesQuery())
  const navigate = useNavigate()
  const [made, setMade] = createSignal<ClawSchedule | null>(null)
  const leave = ({ id, name }: ClawSchedule) => {
    toast(`${name} is saved.`)
    navigate(paths.schedule(id))
  }
  const save = async (templateId: string, write: Partial<ScheduleWrite>, initial: ReturnType<typeof emptySchedule>) => {
    const { name = "", overlap = initial.overlap, missedRuns = initial.missedRuns, ...rest } = write
    const schedule = await createSchedule(templateId, { ...timingOf(initial), ...rest, name, overlap, missedRuns })
    if (schedule.webhook?.secret === undefined) leave(schedule)
    else setMade(schedule)
  }
  return (
    <div class="page" data-width="narrow">
      <PageHeader title="New schedule" parent={{ label: "Claws", href: paths.claws() }} meta="When a task template is run." />
      <Loaded query={templates} skeleton={<Skeleton lines={8} />}>
        {(page) => {
          const initial = emptySchedule(query.template ?? page().items[0]?.id ?? "", Intl.DateTimeFormat().resolvedOptions().timeZone)
          return (
            <Show
              when={page().items.length > 0}
              fallback={
                <Card>
                  <NoTemplates />
                </Card>
              }
            >
              <ScheduleForm
                initial={initial}
                templates={page().items}
                act="Create schedule"
                cancelHref={paths.claws()}
                onSave={(templateId, write) => save(templateId, write, initial)}
              />
            </Show>
          )
        }}
      </Loaded>
      <SecretOnce
        secret={made()?.webhook?.secret ?? null}
        onClose={() => {
          const schedule = made()
          if (schedule) leave(schedule)
        }}
      />
    </div>
  )
}
