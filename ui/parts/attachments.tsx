import { createSignal, For, type JSX, lazy, Show, Suspense } from "solid-js"
import Film from "lucide-solid/icons/film"
import ImageOff from "lucide-solid/icons/image-off"
import RotateCw from "lucide-solid/icons/rotate-cw"
import X from "lucide-solid/icons/x"
import type { Attachment } from "#contract/attachments.ts"
import type { Ticket } from "#contract/tickets.ts"
import { attachmentUrl } from "../api/attachments.ts"
import { Button, IconButton } from "../kit/button.tsx"
import { Notice } from "../kit/notice.tsx"
import { bytes } from "./bytes.ts"
import { isPicture } from "./chosen-files.ts"
import { RemoveAttachment } from "./remove-attachment.tsx"
import type { Upload, Uploads } from "./uploads.ts"
import "./attachments.css"

const Lightbox = lazy(() => import("./lightbox.tsx"))

interface AttachmentsProps {
  /** Null while the ticket is being written. */
  ticket: Ticket | null
  uploads: Uploads
  /** Why nothing may be removed. */
  blocked: string | null
}

/** A ticket's files as small pictures, those that are on their way among them. */
export function Attachments(props: AttachmentsProps): JSX.Element {
  const [shown, setShown] = createSignal<string | null>(null)
  const [leaving, setLeaving] = createSignal<Attachment | null>(null)
  return (
    <>
      <ul class="tiles" aria-label="Attachments">
        <For each={props.ticket?.attachments ?? []}>
          {(attachment) => (
            <li class="tile">
              <button type="button" class="tile-open" onClick={() => setShown(attachment.id)}>
                <span class="visually-hidden">Show </span>
                <Picture address={isPicture(attachment) && props.ticket ? attachmentUrl(props.ticket.id, attachment.id) : null} />
                <span class="tile-name">{attachment.name}</span>
                <span class="tile-note">{bytes(attachment.size)}</span>
              </button>
              <Show when={!props.blocked}>
                <IconButton icon={X} size="s" label={`Remove ${attachment.name}…`} onClick={() => setLeaving(attachment)} />
              </Show>
            </li>
          )}
        </For>
        <For each={props.uploads.items}>{(upload) => <Pending upload={upload} uploads={props.uploads} />}</For>
      </ul>
      <Show when={props.uploads.refused.length > 0}>
        <Notice
          tone="bad"
          action={
            <Button size="s" onClick={() => props.uploads.forgive()}>
              Understood
            </Button>
          }
        >
          <For each={props.uploads.refused}>{(sentence) => <p>{sentence}</p>}</For>
        </Notice>
      </Show>
      <Show when={props.ticket}>
        {(ticket) => (
          <>
            <Suspense>
              <Show when={shown()}>
                {(id) => <Lightbox ticket={ticket()} id={id()} onShow={setShown} onClose={() => setShown(null)} />}
              </Show>
            </Suspense>
            <RemoveAttachment ticket={ticket()} attachment={leaving()} onClose={() => setLeaving(null)} />
          </>
        )}
      </Show>
    </>
  )
}

function Pending(props: { upload: Upload; uploads: Uploads }): JSX.Element {
  const failed = () => (props.upload.state.at === "failed" ? props.upload.state.problem : null)
  const part = () => (props.upload.state.at === "sending" ? props.upload.state.part : 0)
  return (
    <li class="tile" data-state={props.upload.state.at}>
      <div class="tile-open">
        <Picture address={props.upload.preview} />
        <span class="tile-name">{props.upload.name}</span>
        <Show when={failed()} fallback={<span class="tile-note">{wordsOf(props.upload)}</span>}>
          {(problem) => (
            <span class="tile-problem" role="alert">
              Not uploaded. {problem()}
            </span>
          )}
        </Show>
        <Show when={props.upload.state.at === "sending"}>
          <progress aria-label={`Uploading ${props.upload.name}`} max={1} value={part()} />
        </Show>
        <Show when={failed()}>
          <Button size="s" icon={RotateCw} onClick={() => props.uploads.retry(props.upload.id)}>
            Try again
          </Button>
        </Show>
      </div>
      <Show when={props.upload.state.at !== "sending"}>
        <IconButton icon={X} size="s" label={`Leave out ${props.upload.name}`} onClick={() => props.uploads.remove(props.upload.id)} />
      </Show>
    </li>
  )
}

function wordsOf({ state, file }: Upload): string {
  if (state.at === "sending") return state.part < 1 ? `Uploading, ${Math.floor(state.part * 100)} %` : "Storing…"
  return bytes(file.size)
}

/** The picture itself, or a sign for what has none: videos, and files that cannot be shown. */
function Picture(props: { address: string | null }): JSX.Element {
  const [broken, setBroken] = createSignal(false)
  return (
    <span class="tile-picture">
      <Show
        when={!broken() && props.address}
        fallback={broken() ? <ImageOff size={24} aria-hidden="true" /> : <Film size={24} aria-hidden="true" />}
      >
        {(address) => <img src={address()} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />}
      </Show>
    </span>
  )
}
