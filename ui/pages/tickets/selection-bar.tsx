import { createSignal, For, type JSX, Show } from "solid-js"
import Archive from "lucide-solid/icons/archive"
import ArchiveRestore from "lucide-solid/icons/archive-restore"
import X from "lucide-solid/icons/x"
import type { Ticket } from "#contract/tickets.ts"
import { archiveTickets } from "../../api/actions.ts"
import { ApiError } from "../../api/client.ts"
import { Button } from "../../kit/button.tsx"
import { Notice } from "../../kit/notice.tsx"
import { toast } from "../../kit/toast.tsx"
import { count } from "../../parts/numbers.ts"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import { type Refused, refusedTickets } from "./refused.ts"
import type { TicketSelection } from "./selection.ts"
import "./selection-bar.css"

interface SelectionBarProps {
  tickets: readonly Ticket[]
  /** The list is that of the archive. */
  archived: boolean
  selection: TicketSelection
}

/** What can be done with the selected tickets: all of them or none, and which ones stand in the way. */
export default function SelectionBar(props: SelectionBarProps): JSX.Element {
  const [refused, setRefused] = createSignal<Refused | null>(null)
  const act = createSubmit(async (tickets: readonly Ticket[]) => {
    setRefused(null)
    const sent = tickets.map(({ id, key }) => ({ id, key }))
    const done = `${count(sent.length, "ticket")} ${sent.length === 1 ? "is" : "are"} ${props.archived ? "back" : "archived"}.`
    try {
      await archiveTickets(
        sent.map(({ id }) => id),
        !props.archived,
      )
    } catch (error) {
      setRefused(error instanceof ApiError ? refusedTickets(error.code, error.detail, sent) : null)
      throw error
    }
    toast(done)
    props.selection.clear()
  })
  const others = () => props.tickets.filter(({ id }) => !refused()?.tickets.some((ticket) => ticket.id === id))
  const goOn = () => {
    const rest = others()
    props.selection.leaveOut(refused()?.tickets.map(({ id }) => id) ?? [])
    void act.run(rest)
  }
  const verb = () => (props.archived ? "Bring back" : "Archive")
  return (
    <div class="selection-bar" role="region" aria-label="Selected tickets">
      <div class="row">
        <strong class="numbers" role="status">
          {count(props.tickets.length, "ticket")} selected
        </strong>
        <Button size="s" icon={props.archived ? ArchiveRestore : Archive} busy={act.busy()} onClick={() => void act.run(props.tickets)}>
          {verb()}
        </Button>
        <Button size="s" kind="quiet" icon={X} onClick={() => props.selection.clear()}>
          Clear the selection
        </Button>
      </div>
      <Show when={refused()} fallback={<Show when={act.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>}>
        {(left) => (
          <Notice
            tone="bad"
            title={props.archived ? "Nothing was brought back" : "Nothing was archived"}
            action={
              others().length > 0 ? (
                <Button size="s" onClick={goOn}>
                  {verb()} the other {others().length}
                </Button>
              ) : undefined
            }
          >
            <p>
              <For each={left().tickets}>
                {({ key }, at) => (
                  <>
                    {at() > 0 ? ", " : ""}
                    <a href={paths.ticket(key)}>{key}</a>
                  </>
                )}
              </For>
              : {left().why}.
            </p>
          </Notice>
        )}
      </Show>
    </div>
  )
}
