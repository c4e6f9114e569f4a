import { For, type JSX, Show } from "solid-js"
import type { DocumentComment } from "#contract/tickets.ts"
import { type DocumentPlace, markComment } from "../api/comments.ts"
import { Button } from "../kit/button.tsx"
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

export function Comment(props: { place: DocumentPlace; comment: DocumentComment; blocked: string | null }): JSX.Element {
  const isOpen = () => props.comment.status === "open"
  const mark = createSubmit(() => markComment(props.place, props.comment.id, isOpen() ? "resolved" : "open"))
  return (
    <article class="comment" data-state={props.comment.status} aria-label={`Comment of ${props.comment.author}`}>
      <p class="comment-head small soft">
        <strong>{props.comment.author}</strong> <RelativeTime at={props.comment.createdAt} />
        {isOpen() ? "" : `, resolved by ${props.comment.resolvedBy ?? "somebody"}`}
      </p>
      <p class="comment-body">{props.comment.body}</p>
      <Show when={!props.blocked}>
        <div class="row">
          <Button size="s" busy={mark.busy()} onClick={() => void mark.run()}>
            {isOpen() ? "Resolve" : "Open again"}
          </Button>
          <Show when={mark.problem()}>
            {(problem) => (
              <span class="field-error" role="alert">
                {problem()}
              </span>
            )}
          </Show>
        </div>
      </Show>
    </article>
  )
}
