import { useNavigate, useSearchParams } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import FolderGit2 from "lucide-solid/icons/folder-git-2"
import type { Project } from "#contract/projects.ts"
import type { Ticket } from "#contract/tickets.ts"
import { createTicket, type NewTicket as NewTicketBody, runPhase } from "../../api/actions.ts"
import { projectsQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Checkbox } from "../../kit/checkbox.tsx"
import { Empty } from "../../kit/empty.tsx"
import { isMac, Key } from "../../kit/keys.tsx"
import { Notice } from "../../kit/notice.tsx"
import { toast } from "../../kit/toast.tsx"
import { toList } from "../../parts/lists.ts"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { whyNotWrite } from "../../parts/permission.ts"
import { sentenceOf } from "../../parts/problem.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { PHASE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import { type Draft, TicketFields } from "./fields.tsx"
import "./new-ticket.css"

export default function NewTicket(): JSX.Element {
  const projects = useQuery(projectsQuery)
  return (
    <div class="page" data-width="narrow">
      <PageHeader title="New ticket" parent={{ label: "Tickets", href: paths.tickets() }} />
      <Loaded query={projects}>
        {(page) => (
          <Show when={page().items.some(mayWrite)} fallback={page().items.length > 0 ? <OnlyToRead /> : <NoProject />}>
            <TicketForm projects={page().items.filter(mayWrite)} />
          </Show>
        )}
      </Loaded>
    </div>
  )
}

function TicketForm(props: { projects: readonly Project[] }): JSX.Element {
  const navigate = useNavigate()
  const [query] = useSearchParams()
  const wanted = query["project"] ?? localStorage.getItem(LAST_PROJECT)
  const [draft, setDraft] = createStore<Draft>({
    ...EMPTY,
    projectId: props.projects.find(({ id }) => id === wanted)?.id ?? props.projects[0]?.id ?? "",
  })
  const [startNow, setStartNow] = createSignal(true)
  const [untitled, setUntitled] = createSignal(false)
  let form: HTMLFormElement | undefined

  const submit = createSubmit(async () => {
    const ticket = await createTicket(toTicket(draft))
    localStorage.setItem(LAST_PROJECT, draft.projectId)
    if (startNow()) await startOrSay(ticket)
    navigate(paths.ticket(ticket.key))
  }, FIELDS)
  const send = (event: Event) => {
    event.preventDefault()
    setUntitled(draft.title.trim() === "")
    if (!untitled()) void submit.run()
  }
  const error = (field: keyof Draft) => (field === "title" && untitled() ? "must not be empty" : submit.fieldError(field))
  return (
    <form
      ref={form}
      class="new-ticket"
      novalidate
      onSubmit={send}
      onKeyDown={(event) => event.key === "Enter" && (event.metaKey || event.ctrlKey) && form?.requestSubmit()}
    >
      <Card>
        <TicketFields
          draft={draft}
          projects={props.projects}
          error={error}
          onChange={(changes) => (setDraft(changes), setUntitled(false))}
        />
        <Checkbox
          label={`Start ${PHASE_WORDS[draft.startingPhase].toLowerCase()} right away`}
          checked={startNow()}
          onChange={setStartNow}
        />
      </Card>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <div class="row">
        <Button
          kind="primary"
          type="submit"
          busy={submit.busy()}
          disabledReason={isUnexplained(draft) ? "Say why it skips a phase first." : null}
        >
          Create ticket
        </Button>
        <LinkButton kind="quiet" href={paths.tickets()}>
          Cancel
        </LinkButton>
        <span class="faint small new-ticket-keys">
          <Key>{isMac() ? "⌘" : "Ctrl"}</Key> <Key>Enter</Key> creates it
        </span>
      </div>
    </form>
  )
}

const LAST_PROJECT = "last-project"
const FIELDS = ["projectId", "title", "description", "severity", "category", "startingPhase", "overrideReason", "labels"]
const EMPTY = {
  title: "",
  description: "",
  severity: "medium",
  category: "General",
  labels: "",
  startingPhase: "research",
  overrideReason: "",
} as const satisfies Omit<Draft, "projectId">

const isUnexplained = ({ startingPhase, overrideReason }: Draft) => startingPhase !== "research" && overrideReason.trim() === ""

const toTicket = (draft: Draft): NewTicketBody => ({
  projectId: draft.projectId,
  title: draft.title.trim(),
  description: draft.description,
  severity: draft.severity,
  category: draft.category.trim() || EMPTY.category,
  labels: toList(draft.labels),
  startingPhase: draft.startingPhase,
  ...(draft.startingPhase === "research" ? {} : { overrideReason: draft.overrideReason.trim() }),
})

/** The ticket exists either way: a run that cannot start is told beside it, not instead of it. */
async function startOrSay(ticket: Ticket): Promise<void> {
  try {
    await runPhase(ticket.id, ticket.phase)
  } catch (error) {
    toast(`The ticket is filed, but did not start: ${sentenceOf(error)}`, "bad")
  }
}

const mayWrite = ({ role }: Project): boolean => !whyNotWrite(role)

function OnlyToRead(): JSX.Element {
  return (
    <Card>
      <Empty icon={FolderGit2} title="You only read here">
        A ticket is filed by members of its project. Ask an admin of the project for that role.
      </Empty>
    </Card>
  )
}

function NoProject(): JSX.Element {
  return (
    <Card>
      <Empty
        icon={FolderGit2}
        title="First, a project"
        action={
          <LinkButton kind="primary" href={paths.newProject()}>
            Create a project
          </LinkButton>
        }
      >
        A ticket belongs to a project: it says which repository the change goes into.
      </Empty>
    </Card>
  )
}
