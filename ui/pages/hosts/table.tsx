import { type JSX, Show } from "solid-js"
import CircleCheck from "lucide-solid/icons/circle-check"
import CircleDashed from "lucide-solid/icons/circle-dashed"
import CircleX from "lucide-solid/icons/circle-x"
import TriangleAlert from "lucide-solid/icons/triangle-alert"
import Unplug from "lucide-solid/icons/unplug"
import type { Host } from "#contract/hosts.ts"
import { Badge } from "../../kit/badge.tsx"
import { IconButton } from "../../kit/button.tsx"
import { type Column, Table } from "../../kit/table.tsx"
import { usePermission } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { type Look, LookBadge } from "../../parts/status-badge.tsx"
import "./table.css"

const CONNECTED = { word: "Connected", tone: "good", icon: CircleCheck } as const satisfies Look
const AWAY = { word: "Not connected", tone: "waiting", icon: CircleDashed } as const satisfies Look
const REVOKED = { word: "Revoked", tone: "quiet", icon: CircleX } as const satisfies Look

const lookOf = ({ connected, revokedAt }: Host): Look => (revokedAt !== null ? REVOKED : connected ? CONNECTED : AWAY)

export function HostsTable(props: { hosts: readonly Host[]; onRevoke: (host: Host) => void }): JSX.Element {
  const { adminReason } = usePermission()
  const columns: readonly Column<Host>[] = [
    {
      header: "Name",
      grow: true,
      cell: (host) => (
        <>
          <span class="row">
            <span class="host-name">{host.name}</span>
            <NoIsolation host={host} />
          </span>
          <Show when={host.version}>{(version) => <span class="host-line">viberator {version()}</span>}</Show>
        </>
      ),
    },
    { header: "State", cell: (host) => <LookBadge look={lookOf(host)} /> },
    { header: "Engine", hideWhen: "narrow", cell: (host) => <Engine host={host} /> },
    {
      header: "Running",
      align: "end",
      hideWhen: "narrow",
      cell: (host) => (
        <Show when={host.engine} fallback={<span class="faint">none</span>}>
          <span class="numbers">
            {host.running} of {host.slots}
          </span>
        </Show>
      ),
    },
    { header: "Last seen", align: "end", hideWhen: "medium", cell: (host) => <LastSeen host={host} /> },
    {
      header: "Acts",
      headerHidden: true,
      align: "end",
      cell: (host) => (
        <Show when={host.revokedAt === null && !adminReason()}>
          <IconButton icon={Unplug} size="s" label={`Revoke ${host.name}`} onClick={() => props.onRevoke(host)} />
        </Show>
      ),
    },
  ]
  return <Table label="Hosts" columns={columns} rows={props.hosts} />
}

/** Plain processes share the machine with everything else on it: nobody should learn that later. */
function NoIsolation(props: { host: Host }): JSX.Element {
  return (
    <Show when={props.host.engine?.kind === "process"}>
      <Badge tone="waiting" icon={TriangleAlert}>
        No isolation
      </Badge>
    </Show>
  )
}

function Engine(props: { host: Host }): JSX.Element {
  return (
    <Show when={props.host.engine} fallback={<span class="faint">not known</span>}>
      {(engine) => (
        <>
          {ENGINES[engine().kind]}
          <span class="host-line">{engine().version}</span>
        </>
      )}
    </Show>
  )
}
const ENGINES = { docker: "Docker", process: "Processes" } as const satisfies Record<NonNullable<Host["engine"]>["kind"], string>

function LastSeen(props: { host: Host }): JSX.Element {
  return (
    <Show when={!props.host.connected} fallback="now">
      <Show when={props.host.lastSeenAt} fallback={<span class="faint">never</span>}>
        {(at) => <RelativeTime at={at()} />}
      </Show>
    </Show>
  )
}
