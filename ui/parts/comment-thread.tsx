import { createSignal, For, type JSX, Show } from "solid-js"
import { COMMENT_LIMITS, type DocumentComment } from "#contract/tickets.ts"
import { deleteComment, type DocumentPlace, markComment, rewordComment } from "../api/comments.ts"
import { meQuery } from "../api/queries.ts"
import { useQuery } from "../api/use-query.ts"
import { Button } from "../kit/button.tsx"
import { Confirm } from "../kit/confirm.tsx"
import { Notice } from "../kit/notice.tsx"
import { TextArea } from "../kit/text-area.tsx"
import { dataOf } from "./loaded.tsx"
import { RelativeTime } from "./relative-time.tsx"
import { createSubmit } from "./submit.ts"
import "./comment-thread.css"

interface ThreadProps {
  place: DocumentPlace
  comments: readonly DocumentComment[]
  blocked: string | null
}

/** The comments at one place: open ones in sight, resolved ones folded away. */
export function Thread(props: ThreadProps): JSX.Element {
  const of = (status: DocumentComment["status"]) => props.comments.filter((comment) => comment.status === status)
  return (
    <Show when={props.comments.length > 0}>
      <div class="thread">
        <For each={of("open")}>{(comment) => <Comment {...props} comment={comment} />}</For>
        <Show when={of("resolved").length > 0}>
          <details>
            <summary class="small soft">{of("resolved").length} resolved</summary>
            <For each={of("resolved")}>{(comment) => <Comment {...props} comment={comment} />}</For>
          </details>
        </Show>
      </div>
    </Show>
  )
}

interface CommentProps {
  place: DocumentPlace
  comment: DocumentComment
  blocked: string | null
}

export function Comment(props: CommentProps): JSX.Element {
  const [editing, setEditing] = createSignal(false)
  return (
    <article class="comment" data-state={props.comment.status} aria-label={`Comment of ${props.comment.author}`}>
      <p class="comment-head small soft">
        <strong>{props.comment.author}</strong> <RelativeTime at={props.comment.createdAt} />
        {props.comment.status === "open" ? "" : `, resolved by ${props.comment.resolvedBy ?? "somebody"}`}
      </p>
      <Show when={editing()} fallback={<p class="comment-body">{props.comment.body}</p>}>
        <Reword {...props} onDone={() => setEditing(false)} />
      </Show>
      <Show when={!props.blocked && !editing()}>
        <CommentActs {...props} onEdit={() => setEditing(true)} />
      </Show>
    </article>
  )
}

/** The status is everybody's; the words are their author's. */
function CommentActs(props: CommentProps & { onEdit: () => void }): JSX.Element {
  const me = useQuery(meQuery)
  const [deleting, setDeleting] = createSignal(false)
  const isOpen = () => props.comment.status === "open"
  const mark = createSubmit(() => markComment(props.place, props.comment.id, isOpen() ? "resolved" : "open"))
  const remove = createSubmit(() => deleteComment(props.place, props.comment.id))
  return (
    <div class="row">
      <Button size="s" busy={mark.busy()} onClick={() => void mark.run()}>
        {isOpen() ? "Resolve" : "Open again"}
      </Button>
      <Show when={dataOf(me)?.id === props.comment.authorId}>
        <Button size="s" kind="quiet" onClick={props.onEdit}>
          Edit
        </Button>
        <Button size="s" kind="quiet" onClick={() => setDeleting(true)}>
          Delete…
        </Button>
      </Show>
      <Show when={mark.problem()}>
        {(problem) => (
          <span class="field-error" role="alert">
            {problem()}
          </span>
        )}
      </Show>
      <Confirm
        open={deleting()}
        title="Delete this comment?"
        act="Delete comment"
        busy={remove.busy()}
        problem={remove.problem()}
        onConfirm={() => void remove.run()}
        onClose={() => setDeleting(false)}
      >
        <p>Its words go for good. The timeline keeps that there was one.</p>
      </Confirm>
    </div>
  )
}

function Reword(props: CommentProps & { onDone: () => void }): JSX.Element {
  const [body, setBody] = createSignal(props.comment.body)
  const submit = createSubmit(() => rewordComment(props.place, props.comment.id, body().trim()), ["body"])
  const save = async (event: Event) => {
    event.preventDefault()
    if (body().trim() !== "" && (await submit.run())) props.onDone()
  }
  return (
    <form class="line-form" novalidate aria-label="Edit comment" onSubmit={(event) => void save(event)}>
      <TextArea
        label="Comment"
        rows={3}
        maxLength={COMMENT_LIMITS.length}
        value={body()}
        onInput={setBody}
        error={submit.fieldError("body")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <div class="row">
        <Button
          kind="primary"
          size="s"
          type="submit"
          busy={submit.busy()}
          disabledReason={body().trim() === "" ? "Write something first." : null}
        >
          Save
        </Button>
        <Button size="s" onClick={props.onDone}>
          Discard
        </Button>
      </div>
    </form>
  )
}
