import { useQuery } from "../../api/use-query.ts"
import { createSignal, type JSX, Show } from "solid-js"
import KeyRound from "lucide-solid/icons/key-round"
import Plus from "lucide-solid/icons/plus"
import Trash from "lucide-solid/icons/trash"
import { type ApiToken, tokensQuery } from "../../api/tokens.ts"
import { Button, IconButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { type Column, Table } from "../../kit/table.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { usePermission } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { now } from "../../parts/time.ts"
import { NewToken } from "./new-token.tsx"
import { RevokeToken } from "./revoke-token.tsx"

/** One's own API tokens: what a program uses in place of a browser's session. */
export function TokensCard(): JSX.Element {
  const { writeReason } = usePermission()
  const tokens = useQuery(tokensQuery)
  const [making, setMaking] = createSignal(false)
  const [revoking, setRevoking] = createSignal<ApiToken | null>(null)
  const newToken = () => (
    <Button size="s" icon={Plus} onClick={() => setMaking(true)} disabledReason={writeReason()}>
      New token
    </Button>
  )
  return (
    <>
      <Card title="API tokens" aside={newToken()} flush>
        <Loaded query={tokens} skeleton={<Skeleton lines={3} />}>
          {(page) => (
            <Show
              when={page().items.length > 0}
              fallback={
                <Empty icon={KeyRound} title="No API tokens yet" action={newToken()}>
                  <p>
                    Everything on this site is the public API. A token lets a program of yours use it: send it as{" "}
                    <code>Authorization: Bearer vg_…</code>
                  </p>
                </Empty>
              }
            >
              <Table label="API tokens" columns={columns(setRevoking)} rows={page().items} />
            </Show>
          )}
        </Loaded>
      </Card>
      <NewToken open={making()} onClose={() => setMaking(false)} />
      <RevokeToken token={revoking()} onClose={() => setRevoking(null)} />
    </>
  )
}

const columns = (onRevoke: (token: ApiToken) => void): readonly Column<ApiToken>[] => [
  {
    header: "Name",
    grow: true,
    cell: ({ name, prefix }) => (
      <span class="row">
        <strong>{name}</strong> <code class="soft">{prefix}…</code>
      </span>
    ),
  },
  { header: "May", hideWhen: "narrow", cell: ({ scopes }) => scopes.join(", ") },
  { header: "Last used", align: "end", hideWhen: "narrow", cell: ({ lastUsedAt }) => <MaybeTime at={lastUsedAt} never="never" /> },
  { header: "Ends", align: "end", hideWhen: "medium", cell: ({ expiresAt }) => <Ends at={expiresAt} /> },
  { header: "Made", align: "end", hideWhen: "medium", cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  {
    header: "Acts",
    headerHidden: true,
    align: "end",
    cell: (token) => <IconButton icon={Trash} size="s" label={`Revoke ${token.name}`} onClick={() => onRevoke(token)} />,
  },
]

function MaybeTime(props: { at: string | null; never: string }): JSX.Element {
  return (
    <Show when={props.at} fallback={<span class="faint">{props.never}</span>}>
      {(at) => <RelativeTime at={at()} />}
    </Show>
  )
}

function Ends(props: { at: string | null }): JSX.Element {
  const over = () => props.at !== null && Date.parse(props.at) <= now()
  return (
    <Show when={!over()} fallback={<span class="soft">has ended</span>}>
      <MaybeTime at={props.at} never="never" />
    </Show>
  )
}
