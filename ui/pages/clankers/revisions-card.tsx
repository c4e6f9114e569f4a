import { type JSX, Show } from "solid-js"
import { AGENTS } from "#contract/agents.ts"
import type { Clanker, ClankerRevision } from "#contract/clankers.ts"
import { clankerRevisionsQuery } from "../../api/clankers.ts"
import { useQuery } from "../../api/use-query.ts"
import { Badge } from "../../kit/badge.tsx"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { ShortList } from "../../kit/short-list.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { STRATEGIES } from "../../parts/strategies.ts"
import { imageOf } from "./config.ts"

interface RevisionsCardProps {
  clanker: Clanker
  onStart: (revision: number) => void
  blocked: string | null
}

/** Older ones can still be started by the API; a page need not list hundreds. */
const SHOWN = 8

/** Every edit makes a revision; any of them can be started, which is how one goes back. */
export function RevisionsCard(props: RevisionsCardProps): JSX.Element {
  const revisions = useQuery(() => clankerRevisionsQuery(props.clanker.id, SHOWN))
  return (
    <Card title="Revisions">
      <Loaded query={revisions}>
        {(page) => <ShortList items={page().items}>{(revision) => <Revision {...props} revision={revision} />}</ShortList>}
      </Loaded>
    </Card>
  )
}

function Revision(props: RevisionsCardProps & { revision: ClankerRevision }): JSX.Element {
  const isServing = () => props.revision.n === props.clanker.servingRevision
  const isNewest = () => props.revision.n === props.clanker.revision
  return (
    <div class="revision">
      <div class="revision-facts">
        <span class="row">
          Revision {props.revision.n}
          <Show when={isServing()}>
            <Badge tone="good">In use</Badge>
          </Show>
          <Show when={isNewest()}>
            <Badge tone="quiet">Newest</Badge>
          </Show>
        </span>
        <span class="small soft">
          <RelativeTime at={props.revision.createdAt} />, {AGENTS[props.revision.agent].name} on{" "}
          {STRATEGIES[props.revision.deploymentConfig.computeType].name}
        </span>
        <Show when={imageOf(props.revision.deploymentConfig)}>{(image) => <code class="small soft">{image()}</code>}</Show>
      </div>
      <Show when={!isServing() && !isNewest() && !props.blocked}>
        <Button size="s" onClick={() => props.onStart(props.revision.n)}>
          Go back to revision {props.revision.n}
        </Button>
      </Show>
    </div>
  )
}
