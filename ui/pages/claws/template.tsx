import { useNavigate, useParams } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import Pencil from "lucide-solid/icons/pencil"
import Plus from "lucide-solid/icons/plus"
import Trash from "lucide-solid/icons/trash"
import type { ClawTemplate } from "#contract/claws.ts"
import { clawTemplateQuery, deleteTemplate, schedulesQuery } from "../../api/claws.ts"
import { clankersQuery, projectQuery, projectsQuery } from "../../api/queries.ts"
import { secretsQuery } from "../../api/secrets.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Columns } from "../../kit/columns.tsx"
import { Confirm } from "../../kit/confirm.tsx"
import { type Fact, Facts } from "../../kit/facts.tsx"
import { Goes } from "../../kit/goes.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { toast } from "../../kit/toast.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { Markdown } from "../../parts/markdown.tsx"
import { count } from "../../parts/numbers.ts"
import { PageHeader } from "../../parts/page-header.tsx"
import { useProjectPermission } from "../../parts/permission.ts"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import { ScheduleTable } from "./schedule-table.tsx"
import "./claws.css"

export default function TemplatePage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const template = useQuery(() => clawTemplateQuery(params.id))
  return (
    <div class="page">
      <Show when={template.isLoadingError}>
        <PageHeader title="Task template" parent={{ label: "Claws", href: paths.claws("templates") }} />
      </Show>
      <Loaded query={template}>{(found) => <Detail template={found()} />}</Loaded>
    </div>
  )
}

function Detail(props: { template: ClawTemplate }): JSX.Element {
  const schedules = useQuery(() => schedulesQuery({ templateId: props.template.id }))
  const projects = useQuery(projectsQuery)
  return (
    <>
      <PageHeader
        title={props.template.name}
        parent={{ label: "Claws", href: paths.claws("templates") }}
        meta={props.template.description}
        actions={<Acts template={props.template} />}
      />
      <Columns aside={<About template={props.template} />}>
        <Card title="Schedules" flush>
          <Loaded query={schedules} skeleton={<Skeleton lines={3} />}>
            {(page) => (
              <Show when={page().items.length > 0} fallback={<p class="claw-none soft">It has none: nothing runs by itself.</p>}>
                <ScheduleTable
                  label={`Schedules of ${props.template.name}`}
                  schedules={page().items}
                  templates={[]}
                  projects={dataOf(projects)?.items ?? []}
                />
              </Show>
            )}
          </Loaded>
        </Card>
        <Card title="Instructions">
          <div class="claw-instructions" tabindex="0" role="region" aria-label="Instructions">
            <Markdown text={props.template.instructions} />
          </div>
        </Card>
      </Columns>
    </>
  )
}

function About(props: { template: ClawTemplate }): JSX.Element {
  const project = useQuery(() => projectQuery(props.template.projectId))
  const clankers = useQuery(clankersQuery)
  const secrets = useQuery(secretsQuery)
  const facts = (): Fact[] => {
    const { clankerId, baseBranch, opensPullRequest, secretIds } = props.template
    const found = dataOf(project)
    const clanker = dataOf(clankers)?.items.find(({ id }) => id === clankerId)
    const names = secretIds.map((id) => dataOf(secrets)?.items.find((secret) => secret.id === id)?.name ?? "one that is gone")
    return [
      { term: "Project", value: found ? <a href={paths.project(found.slug)}>{found.name}</a> : "…" },
      {
        term: "Clanker",
        value: clankerId === null ? "The project’s default" : clanker ? <a href={paths.clanker(clanker.slug)}>{clanker.name}</a> : "…",
      },
      { term: "Base branch", value: <code>{baseBranch ?? found?.baseBranch ?? "…"}</code> },
      { term: "Outcome", value: opensPullRequest ? "A pull request, when something was changed" : "Nothing is pushed" },
      { term: "Secrets", value: names.length > 0 ? <code>{names.join(", ")}</code> : "The clanker’s own" },
    ]
  }
  return (
    <Card title="How it runs">
      <Facts facts={facts()} />
    </Card>
  )
}

function Acts(props: { template: ClawTemplate }): JSX.Element {
  const { writeReason } = useProjectPermission(() => props.template.projectId)
  const [deleting, setDeleting] = createSignal(false)
  return (
    <Show when={!writeReason()}>
      <LinkButton kind="primary" icon={Plus} href={paths.newSchedule(props.template.id)}>
        New schedule
      </LinkButton>
      <LinkButton icon={Pencil} href={paths.editClawTemplate(props.template.id)}>
        Edit
      </LinkButton>
      <Button kind="danger" icon={Trash} onClick={() => setDeleting(true)}>
        Delete
      </Button>
      <DeleteTemplate template={props.template} open={deleting()} onClose={() => setDeleting(false)} />
    </Show>
  )
}

function DeleteTemplate(props: { template: ClawTemplate; open: boolean; onClose: () => void }): JSX.Element {
  const navigate = useNavigate()
  const submit = createSubmit(async () => {
    const { id, name } = props.template
    await deleteTemplate(id)
    toast(`${name} is deleted.`)
    navigate(paths.claws("templates"))
  })
  const blocked = () => (props.template.schedules > 0 ? `It has ${count(props.template.schedules, "schedule")}: delete them first.` : null)
  return (
    <Confirm
      open={props.open}
      title={`Delete ${props.template.name}?`}
      act="Delete template"
      busy={submit.busy()}
      problem={submit.problem()}
      blocked={blocked()}
      onConfirm={() => void submit.run()}
      onClose={props.onClose}
    >
      <Goes goes="The template with its instructions." remains="The jobs that it made, their pull requests, and the secrets." />
    </Confirm>
  )
}
