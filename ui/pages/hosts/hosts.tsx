import { useSearchParams } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { createSignal, type JSX, Show } from "solid-js"
import Plus from "lucide-solid/icons/plus"
import Server from "lucide-solid/icons/server"
import type { Host } from "#contract/hosts.ts"
import { hostsQuery } from "../../api/hosts.ts"
import { Button } from "../../kit/button.tsx"
import { Checkbox } from "../../kit/checkbox.tsx"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { count } from "../../parts/numbers.ts"
import { PageHeader } from "../../parts/page-header.tsx"
import { usePermission } from "../../parts/permission.ts"
import { RegisterHost } from "./register-host.tsx"
import { RevokeHost } from "./revoke-host.tsx"
import { HostsTable } from "./table.tsx"

export default function Hosts(): JSX.Element {
  const { adminReason } = usePermission()
  const hosts = useQuery(hostsQuery)
  const [registering, setRegistering] = createSignal(false)
  const [revoking, setRevoking] = createSignal<Host | null>(null)
  const [query, setQuery] = useSearchParams<{ revoked?: string }>()
  const withRevoked = () => query.revoked === "true"
  const revoked = () => (dataOf(hosts)?.items ?? []).filter(({ revokedAt }) => revokedAt !== null).length
  const shown = (items: readonly Host[]) => items.filter(({ revokedAt }) => revokedAt === null || withRevoked())
  const register = () => (
    <Button kind="primary" icon={Plus} onClick={() => setRegistering(true)} disabledReason={adminReason()}>
      Register a host
    </Button>
  )
  return (
    <div class="page">
      <PageHeader
        title="Hosts"
        meta="Machines that run jobs. Each connects itself, so none needs a way in from outside."
        actions={register()}
      />
      <Card flush>
        <Loaded query={hosts} skeleton={<Skeleton lines={4} />}>
          {(page) => (
            <Show when={shown(page().items).length > 0} fallback={<NoHosts action={register()} />}>
              <HostsTable hosts={shown(page().items)} onRevoke={setRevoking} />
            </Show>
          )}
        </Loaded>
      </Card>
      <Show when={revoked() > 0}>
        <Checkbox
          label={`Show ${count(revoked(), "revoked host")}`}
          checked={withRevoked()}
          onChange={(on) => setQuery({ revoked: on ? "true" : undefined })}
        />
      </Show>
      <RegisterHost open={registering()} onClose={() => setRegistering(false)} />
      <RevokeHost host={revoking()} onClose={() => setRevoking(null)} />
    </div>
  )
}

function NoHosts(props: { action: JSX.Element }): JSX.Element {
  return (
    <Empty icon={Server} title="No hosts yet" action={props.action}>
      <p>Clankers of the strategy Docker run on a machine of yours. Register it, run one command there, and it shows up here.</p>
    </Empty>
  )
}
