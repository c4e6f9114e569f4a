import { For, type JSX, Show } from "solid-js"
import type { DocumentComment } from "#contract/tickets.ts"
import type { DocumentPlace } from "../api/comments.ts"
import { Comment } from "./comment-thread.tsx"

interface FormerProps {
  place: DocumentPlace
  comments: readonly DocumentComment[]
  blocked: string | null
}

/** Comments on revisions that are no longer the current one, with the line as it was. */
export function FormerComments(props: FormerProps): JSX.Element {
  const of = (status: DocumentComment["status"]) => props.comments.filter((comment) => comment.status === status)
  return (
    <>
      <Show when={of("open").length > 0}>
        <section class="former">
          <h3>Open on former revisions</h3>
          <p class="soft small">The document has moved on. They still go along when you ask for a revision.</p>
          <For each={of("open")}>{(comment) => <Former {...props} comment={comment} />}</For>
        </section>
      </Show>
      <Show when={of("resolved").length > 0}>
        <details class="former">
          <summary class="small soft">{of("resolved").length} resolved on former revisions</summary>
          <For each={of("resolved")}>{(comment) => <Former {...props} comment={comment} />}</For>
        </details>
      </Show>
    </>
  )
}

function Former(props: { place: DocumentPlace; comment: DocumentComment; blocked: string | null }): JSX.Element {
  return (
    <div class="former-comment">
      <p class="small soft">
        Line {props.comment.line} of revision {props.comment.revision}
      </p>
      <blockquote class="line-quote">{props.comment.quote || "(an empty line)"}</blockquote>
      <Comment {...props} />
    </div>
  )
}
