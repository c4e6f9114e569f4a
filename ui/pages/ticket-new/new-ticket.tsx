import { useNavigate, useSearchParams } from "@solidjs/router"
import { createSignal, type JSX, onCleanup, Show } from "solid-js"
import { createStore } from "solid-js/store"
import type { Project } from "#contract/projects.ts"
import type { Ticket } from "#contract/tickets.ts"
import { createTicket, type NewTicket as NewTicketBody, runPhase } from "../../api/actions.ts"
import { projectsQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { isMac, Key } from "../../kit/keys.tsx"
import { Notice } from "../../kit/notice.tsx"
import { takeFiles } from "../../kit/take-files.ts"
import { toast } from "../../kit/toast.tsx"
import { toList } from "../../parts/lists.ts"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { whyNotWrite } from "../../parts/permission.ts"
import { sentenceOf } from "../../parts/problem.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { createUploads, type Uploads } from "../../parts/uploads.ts"
import { PHASE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import { type Draft, TicketFields } from "./fields.tsx"
import { NoProject, OnlyToRead } from "./nowhere.tsx"
import { startsByItself, StartNow } from "./start-now.tsx"
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
  const uploads = createUploads()
  let form: HTMLFormElement | undefined
  let filed = false
  // Of a ticket that was filed they are the ticket's, also those that failed.
  onCleanup(() => filed || uploads.clear())
  const { over } = takeFiles({ onFiles: (files) => uploads.add(files, []), active: () => !submit.busy() })
  const project = () => props.projects.find(({ id }) => id === draft.projectId)
  const autoStart = () => startsByItself(project(), toList(draft.labels))

  const submit = createSubmit(async () => {
    const ticket = await createTicket(toTicket(draft))
    filed = true
    localStorage.setItem(LAST_PROJECT, draft.projectId)
    const complete = await uploads.sendTo(ticket)
    if (!complete) toast(missingFiles(ticket, uploads, startNow() && !autoStart()), "bad")
    else if (startNow() && !autoStart()) await startOrSay(ticket)
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
          uploads={uploads}
          filesOver={over()}
          onChange={(changes) => (setDraft(changes), setUntitled(false))}
        />
        <StartNow
          phase={draft.startingPhase}
          byItself={autoStart()}
          withFiles={uploads.items.length > 0}
          checked={startNow()}
          onChange={setStartNow}
        />
      </Card>
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <Foot busy={submit.busy()} blocked={isUnexplained(draft) ? "Say why it skips a phase first." : null} />
    </form>
  )
}

function Foot(props: { busy: boolean; blocked: string | null }): JSX.Element {
  return (
    <div class="row">
      <Button kind="primary" type="submit" busy={props.busy} disabledReason={props.blocked}>
        Create ticket
      </Button>
      <LinkButton kind="quiet" href={paths.tickets()}>
        Cancel
      </LinkButton>
      <span class="faint small new-ticket-keys">
        <Key>{isMac() ? "⌘" : "Ctrl"}</Key> <Key>Enter</Key> creates it
      </span>
    </div>
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

/** A run without its files would be a wrong one: it waits for a person. */
function missingFiles({ key, phase }: Ticket, { items }: Uploads, wanted: boolean): string {
  const files = items.length === 1 ? "one file is" : `${items.length} files are`
  return `${key} is filed, but ${files} not uploaded yet: try again there.${wanted ? ` ${PHASE_WORDS[phase]} was not started.` : ""}`
}

/** The ticket exists either way: a run that cannot start is told beside it, not instead of it. */
async function startOrSay(ticket: Ticket): Promise<void> {
  try {
    await runPhase(ticket.id, ticket.phase)
  } catch (error) {
    toast(`The ticket is filed, but did not start: ${sentenceOf(error)}`, "bad")
  }
}

const mayWrite = ({ role }: Project): boolean => !whyNotWrite(role)
