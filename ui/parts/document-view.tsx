import { createSignal, For, type JSX, lazy, Match, Show, Suspense, Switch } from "solid-js"
import PencilLine from "lucide-solid/icons/pencil-line"
import type { DocumentPhase, PhaseDocument } from "#contract/tickets.ts"
import { Button } from "../kit/button.tsx"
import { CopyButton } from "../kit/copy.tsx"
import { Segmented } from "../kit/segmented.tsx"
import { Skeleton } from "../kit/skeleton.tsx"
import { DocumentEditor } from "./document-editor.tsx"
import { Markdown } from "./markdown.tsx"
import { useProjectPermission } from "./permission.ts"
import "./document-view.css"

const History = lazy(async () => ({ default: (await import("./document-history.tsx")).DocumentHistory }))

interface DocumentViewProps {
  projectId: string
  ticketId: string
  phase: DocumentPhase
  document: PhaseDocument
}

/** A phase's document: to read, as lines, through its revisions, or to edit. */
export function DocumentView(props: DocumentViewProps): JSX.Element {
  const [view, setView] = createSignal<"read" | "lines" | "history">("read")
  const [editing, setEditing] = createSignal(false)
  const { writeReason } = useProjectPermission(() => props.projectId)
  return (
    <div class="document">
      <div class="document-bar">
        <Segmented
          label="Show the document"
          options={[
            { value: "read", label: "Read" },
            { value: "lines", label: "Lines" },
            { value: "history", label: `Revisions (${props.document.revisions.length})` },
          ]}
          value={view()}
          onChange={(next) => (setView(next), setEditing(false))}
        />
        <span class="row">
          <span class="soft small">Revision {props.document.revision}</span>
          <CopyButton text={props.document.content} what="document" />
          <Show when={!editing() && !writeReason()}>
            <Button size="s" icon={PencilLine} onClick={() => (setView("read"), setEditing(true))}>
              Edit
            </Button>
          </Show>
        </span>
      </div>
      <Switch>
        <Match when={editing()}>
          <DocumentEditor {...props} onDone={() => setEditing(false)} />
        </Match>
        <Match when={view() === "read"}>
          <div class="document-text">
            <Markdown text={props.document.content} />
          </div>
        </Match>
        <Match when={view() === "lines"}>
          <Lines text={props.document.content} />
        </Match>
        <Match when={view() === "history"}>
          <Suspense fallback={<Skeleton />}>
            <History {...props} />
          </Suspense>
        </Match>
      </Switch>
    </div>
  )
}

function Lines(props: { text: string }): JSX.Element {
  return (
    <ol class="document-lines" tabindex="0" role="region" aria-label="Lines of the document">
      <For each={props.text.split("\n")}>{(line) => <li>{line || "\u00a0"}</li>}</For>
    </ol>
  )
}
