import { createMemo, type JSX, Show } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import { Badge } from "../../kit/badge.tsx"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { ShortList } from "../../kit/short-list.tsx"

/** Older ones can still be started by the API; a page need not list hundreds. */
const SHOWN = 8

/** Every edit makes a revision; any of them can be started, which is how one goes back. */
export function RevisionsCard(props: { clanker: Clanker; onStart: (revision: number) => void; blocked: string | null }): JSX.Element {
  const numbers = createMemo(() => Array.from({ length: Math.min(SHOWN, props.clanker.revision) }, (_, at) => props.clanker.revision - at))
  return (
    <Card title="Revisions">
      <ShortList items={numbers()}>
        {(revision) => (
          <div class="revision">
            <span class="row">
              Revision {revision}
              <Show when={revision === props.clanker.servingRevision}>
                <Badge tone="good">In use</Badge>
              </Show>
              <Show when={revision === props.clanker.revision}>
                <Badge tone="quiet">Newest</Badge>
              </Show>
            </span>
            <Show when={revision !== props.clanker.servingRevision && revision !== props.clanker.revision && !props.blocked}>
              <Button size="s" onClick={() => props.onStart(revision)}>
                Go back to revision {revision}
              </Button>
            </Show>
          </div>
        )}
      </ShortList>
    </Card>
  )
}
