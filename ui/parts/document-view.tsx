import { createSignal, type JSX, lazy, Match, Show, Suspense, Switch } from "solid-js"
import Download from "lucide-solid/icons/download"
import PencilLine from "lucide-solid/icons/pencil-line"
import type { DocumentPhase, PhaseDocument } from "#contract/tickets.ts"
import { commentsQuery } from "../api/comments.ts"
import { useQuery } from "../api/use-query.ts"
import { Button, IconButton } from "../kit/button.tsx"
import { CopyButton } from "../kit/copy.tsx"
import { download } from "../kit/download.ts"
import { Segmented } from "../kit/segmented.tsx"
import { Skeleton } from "../kit/skeleton.tsx"
import type { CommentDraft } from "./document-lines.tsx"
import { dataOf } from "./loaded.tsx"
import { Markdown } from "./markdown.tsx"
import "./document-view.css"

const Editor = lazy(() => import("./document-editor.tsx"))
const History = lazy(() => import("./document-history.tsx"))
const Lines = lazy(() => import("./document-lines.tsx"))

interface DocumentViewProps {
  ticketId: string
  ticketKey: string
  phase: DocumentPhase
  document: PhaseDocument
  /** Why nothing can be written here at all. */
  blocked: string | null
  /** Why the text must stay as it is now, although it can be commented on. */
  frozen: string | null
  /** Something is being written: the document must stay open. */
  onHold: (holding: boolean) => void
}

/** A phase's document: to read, to comment on by its lines, through its revisions, or to edit. */
export function DocumentView(props: DocumentViewProps): JSX.Element {
  const [view, setView] = createSignal<"read" | "lines" | "history">("read")
  const [editing, setEditing] = createSignal(false)
  const [draft, setDraft] = createSignal<CommentDraft | null>(null)
  const place = () => ({ ticketId: props.ticketId, phase: props.phase })
  const open = useQuery(() => commentsQuery(place(), "open"))
  const remarks = () => dataOf(open)?.items.length ?? 0
  const hold = () => props.onHold(editing() || draft() !== null)
  const edit = (on: boolean) => (setEditing(on), hold())
  return (
    <div class="document">
      <div class="document-bar">
        <Segmented
          label="Show the document"
          options={[
            { value: "read", label: "Read" },
            { value: "lines", label: remarks() > 0 ? `Lines (${remarks()} open)` : "Lines" },
            { value: "history", label: `Revisions (${props.document.revision})` },
          ]}
          value={view()}
          onChange={setView}
        />
        <span class="row">
          <span class="soft small">Revision {props.document.revision}</span>
          <CopyButton text={props.document.content} what="document" />
          <IconButton
            icon={Download}
            label="Download as .md"
            size="s"
            onClick={() => download(`${props.ticketKey}-${props.phase}.md`, props.document.content, "text/markdown")}
          />
          <Show when={!editing() && !props.blocked}>
            <Button size="s" icon={PencilLine} disabledReason={props.frozen} onClick={() => (setView("read"), edit(true))}>
              Edit
            </Button>
          </Show>
        </span>
      </div>
      <Suspense fallback={<Skeleton />}>
        {/* What is being edited stays while somebody looks at the lines or at former revisions. */}
        <Show when={editing()}>
          <div hidden={view() !== "read"}>
            <Editor {...place()} document={props.document} onDone={() => edit(false)} />
          </div>
        </Show>
        <Switch>
          <Match when={view() === "read" && !editing()}>
            <div class="document-text">
              <Markdown text={props.document.content} />
            </div>
          </Match>
          <Match when={view() === "lines"}>
            <Lines
              place={place()}
              document={props.document}
              blocked={props.blocked}
              draft={draft()}
              onDraft={(next) => (setDraft(next), hold())}
            />
          </Match>
          <Match when={view() === "history"}>
            <History {...place()} document={props.document} />
          </Match>
        </Switch>
      </Suspense>
    </div>
  )
}
