import { createSignal, type JSX, Show } from "solid-js"
import GitCompare from "lucide-solid/icons/git-compare"
import { AGENTS } from "#contract/agents.ts"
import type { Clanker, ClankerRevision } from "#contract/clankers.ts"
import { clankerRevisionsQuery } from "../../api/clankers.ts"
import { useQuery } from "../../api/use-query.ts"
import { Badge } from "../../kit/badge.tsx"
import { Button, IconButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { ShortList } from "../../kit/short-list.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { STRATEGIES } from "../../parts/strategies.ts"
import { CompareRevisions } from "./compare-revisions.tsx"
import { imageOf } from "./config.ts"

interface RevisionsCardProps {
  clanker: Clanker
  onStart: (revision: number) => void
  blocked: string | null
}

/** At first, and when somebody asks for the older ones: a page need not list hundreds. */
const SHOWN = { few: 8, many: 200 } as const

/** Every edit makes a revision; any of them can be started, which is how one goes back. */
export function RevisionsCard(props: RevisionsCardProps): JSX.Element {
  const [length, setLength] = createSignal<keyof typeof SHOWN>("few")
  const [comparing, setComparing] = createSignal<number | null>(null)
  const revisions = useQuery(() => clankerRevisionsQuery(props.clanker.id, SHOWN[length()]))
  return (
    <Card title="Revisions">
      <Loaded query={revisions}>
        {(page) => (
          <>
            <ShortList items={page().items}>
              {(revision) => <Revision {...props} revision={revision} onCompare={page().items.length > 1 ? setComparing : undefined} />}
            </ShortList>
            <Show when={page().nextCursor !== null && length() === "few"}>
              <Button kind="quiet" onClick={() => setLength("many")}>
                Show older revisions
              </Button>
            </Show>
            <CompareRevisions clanker={props.clanker} revisions={page().items} of={comparing()} onClose={() => setComparing(null)} />
          </>
        )}
      </Loaded>
    </Card>
  )
}

function Revision(props: RevisionsCardProps & { revision: ClankerRevision; onCompare: ((n: number) => void) | undefined }): JSX.Element {
  const isServing = () => props.revision.n === props.clanker.servingRevision
  const isNewest = () => props.revision.n === props.clanker.revision
  // After a start that failed one may settle for what serves on.
  const canGoBack = () => !isNewest() && !props.blocked && (!isServing() || props.clanker.status === "failed")
  return (
    <div class="clanker-revision">
      <div class="clanker-revision-facts">
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
      <div class="row">
        <Show when={props.onCompare}>
          {(compare) => (
            <IconButton
              icon={GitCompare}
              size="s"
              label={`Compare revision ${props.revision.n}`}
              onClick={() => compare()(props.revision.n)}
            />
          )}
        </Show>
        <Show when={canGoBack()}>
          <Button size="s" onClick={() => props.onStart(props.revision.n)}>
            Go back to revision {props.revision.n}
          </Button>
        </Show>
      </div>
    </div>
  )
}
