import { createMemo, createSignal, Index, type JSX, Show } from "solid-js"
import { type DocumentComment, documentLines, type PhaseDocument } from "#contract/tickets.ts"
import { commentsQuery, type DocumentPlace } from "../api/comments.ts"
import { useQuery } from "../api/use-query.ts"
import { Notice } from "../kit/notice.tsx"
import { CommentForm } from "./comment-form.tsx"
import { Thread } from "./comment-thread.tsx"
import { FormerComments } from "./former-comments.tsx"
import { dataOf } from "./loaded.tsx"
import { Problem } from "./problem.tsx"
import "./document-lines.css"

/** A comment that is being written, on the revision on which it was begun. */
export interface CommentDraft {
  revision: number
  line: number
  quote: string
  body: string
}
interface DocumentLinesProps {
  place: DocumentPlace
  document: PhaseDocument
  /** Why nobody can comment now. */
  blocked: string | null
  draft: CommentDraft | null
  onDraft: (draft: CommentDraft | null) => void
}

/** The document as lines, each a place for comments. */
export default function DocumentLines(props: DocumentLinesProps): JSX.Element {
  const open = useQuery(() => commentsQuery(props.place, "open"))
  const resolved = useQuery(() => commentsQuery(props.place, "resolved"))
  const all = createMemo(() => [...(dataOf(open)?.items ?? []), ...(dataOf(resolved)?.items ?? [])])
  const stranded = () => (props.draft !== null && props.draft.revision !== props.document.revision ? props.draft : null)
  return (
    <div class="document-remarks">
      <Show when={stranded()}>
        {(left) => (
          <>
            <Notice tone="waiting" title={`The document is at revision ${props.document.revision} now`}>
              <p>
                You began on line {left().line} of revision {left().revision}. Choose the line below that your comment belongs to.
              </p>
              <blockquote class="line-quote">{left().quote}</blockquote>
            </Notice>
            <p class="line-left">{left().body}</p>
          </>
        )}
      </Show>
      <p class="soft small document-remarks-hint">
        {props.blocked ?? "Press a line’s number to comment on it. Arrow keys go from line to line."}
      </p>
      <LineList {...props} draft={stranded() ? null : props.draft} begun={props.draft?.body ?? ""} comments={all()} />
      <Show when={open.isLoadingError ? open.error : null}>{(error) => <Problem error={error()} retry={() => void open.refetch()} />}</Show>
      <FormerComments place={props.place} comments={all().filter(({ outdated }) => outdated)} blocked={props.blocked} />
    </div>
  )
}

/** One stop for Tab; arrows move between the lines, Enter comments. `begun` is a text that goes along to the chosen line. */
function LineList(props: DocumentLinesProps & { begun: string; comments: readonly DocumentComment[] }): JSX.Element {
  const lines = createMemo(() => documentLines(props.document.content))
  const byLine = createMemo(() => Map.groupBy(props.comments.filter(({ outdated }) => !outdated).toReversed(), ({ line }) => line))
  const [at, setAt] = createSignal(1)
  let list: HTMLOListElement | undefined
  const focus = (line: number) => {
    const next = Math.max(1, Math.min(lines().length, line))
    setAt(next)
    list?.querySelectorAll<HTMLElement>(".line-number")[next - 1]?.focus()
  }
  const press = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || !event.target.matches(".line-number")) return
    const next = nextLine(event.key, at(), lines().length)
    if (next === undefined) return
    event.preventDefault()
    focus(next)
  }
  const begin = (line: number) => {
    setAt(line)
    props.onDraft({ revision: props.document.revision, line, quote: lines()[line - 1] ?? "", body: props.begun })
  }
  const end = (line: number) => {
    props.onDraft(null)
    focus(line)
  }
  return (
    <ol ref={list} class="document-lines" aria-label="Lines of the document" onKeyDown={press}>
      <Index each={lines()}>
        {(text, index) => {
          const line = index + 1
          const textId = `${props.place.phase}-line-${line}`
          return (
            <li data-remarked={byLine().has(line) ? "" : undefined}>
              <LineNumber line={line} stop={at() === line} blocked={props.blocked !== null} textId={textId} onPress={() => begin(line)} />
              <span class="line-text" id={textId}>
                {text() || "\u00a0"}
              </span>
              <Thread place={props.place} comments={byLine().get(line) ?? []} blocked={props.blocked} />
              <Show when={props.draft?.line === line ? props.draft : null}>
                {(draft) => (
                  <CommentForm
                    place={props.place}
                    draft={draft()}
                    onBody={(body) => props.onDraft({ ...draft(), body })}
                    onDone={() => end(line)}
                  />
                )}
              </Show>
            </li>
          )
        }}
      </Index>
    </ol>
  )
}

const LINES_OF_A_PAGE = 20
const nextLine = (key: string, at: number, last: number): number | undefined =>
  ({ ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + LINES_OF_A_PAGE, PageUp: at - LINES_OF_A_PAGE, Home: 1, End: last })[key]

function LineNumber(props: { line: number; stop: boolean; blocked: boolean; textId: string; onPress: () => void }): JSX.Element {
  return (
    <Show when={!props.blocked} fallback={<span class="line-number">{props.line}</span>}>
      <button
        type="button"
        class="line-number"
        tabindex={props.stop ? 0 : -1}
        aria-label={`Comment on line ${props.line}`}
        aria-describedby={props.textId}
        onClick={() => props.onPress()}
      >
        {props.line}
      </button>
    </Show>
  )
}
