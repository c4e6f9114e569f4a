import type { JSX } from "solid-js"
import RefreshCw from "lucide-solid/icons/refresh-cw"
import { ApiError } from "../api/client.ts"
import { Button } from "../kit/button.tsx"
import { Notice } from "../kit/notice.tsx"

export const sentenceOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : "Something went wrong in this page. Reload it; if it happens again, report it."

/** A question to the server that failed: what it said, and the way out. */
export function Problem(props: { error: unknown; retry?: (() => void) | undefined }): JSX.Element {
  const requestId = () => (props.error instanceof ApiError && props.error.status >= 500 ? props.error.requestId : null)
  return (
    <Notice
      tone="bad"
      title={props.error instanceof ApiError && props.error.status === 404 ? "Not found" : "This could not be loaded"}
      action={
        props.retry ? (
          <Button size="s" icon={RefreshCw} onClick={() => props.retry?.()}>
            Try again
          </Button>
        ) : undefined
      }
    >
      <p>{sentenceOf(props.error)}</p>
      {requestId() ? <p class="small soft">Request {requestId()}</p> : null}
    </Notice>
  )
}
