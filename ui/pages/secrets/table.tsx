import { For, type JSX, Show } from "solid-js"
import RefreshCw from "lucide-solid/icons/refresh-cw"
import Trash from "lucide-solid/icons/trash"
import type { Project } from "#contract/projects.ts"
import { canRotate, type Secret } from "#contract/secrets.ts"
import { IconButton } from "../../kit/button.tsx"
import { type Column, Table } from "../../kit/table.tsx"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { LOCATION_LOOKS } from "../../parts/secret-looks.tsx"
import { LookBadge } from "../../parts/status-badge.tsx"
import { paths } from "../../paths.ts"

interface SecretsTableProps {
  secrets: readonly Secret[]
  projects: readonly Project[]
  onRotate: (secret: Secret) => void
  onDelete: (secret: Secret) => void
}

export function SecretsTable(props: SecretsTableProps): JSX.Element {
  const columns: readonly Column<Secret>[] = [
    { header: "Name", grow: true, cell: (secret) => <Name secret={secret} projects={props.projects} /> },
    { header: "Kept in", hideWhen: "narrow", cell: ({ location }) => <LookBadge look={LOCATION_LOOKS[location]} plain /> },
    { header: "Used by", hideWhen: "narrow", cell: (secret) => <Users usedBy={secret.usedBy} /> },
    { header: "Version", align: "end", hideWhen: "medium", cell: ({ version }) => <span class="numbers">{version}</span> },
    { header: "Changed", align: "end", hideWhen: "medium", cell: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
    {
      header: "Acts",
      headerHidden: true,
      align: "end",
      cell: (secret) => (
        <span class="secret-acts">
          <Show when={canRotate(secret)}>
            <IconButton icon={RefreshCw} size="s" label={`Rotate ${secret.name}`} onClick={() => props.onRotate(secret)} />
          </Show>
          <IconButton icon={Trash} size="s" label={`Delete ${secret.name}`} onClick={() => props.onDelete(secret)} />
        </span>
      ),
    },
  ]
  return <Table label="Secrets" columns={columns} rows={props.secrets} />
}

function Name(props: { secret: Secret; projects: readonly Project[] }): JSX.Element {
  const project = () => props.projects.find(({ id }) => id === props.secret.projectId)?.name ?? "a project"
  return (
    <>
      <code>{props.secret.name}</code>
      <span class="secret-place">
        {props.secret.projectId === null ? "Installation" : `Only ${project()}`}
        <Show when={props.secret.reference}>{(reference) => <> · {reference()}</>}</Show>
      </span>
    </>
  )
}

/** Links to whoever uses a secret. */
export function Users(props: { usedBy: Secret["usedBy"] }): JSX.Element {
  return (
    <span class="secret-users">
      <For each={props.usedBy} fallback={<span class="faint">nothing</span>}>
        {(user) => (
          <Show when={hrefOf(user)} fallback={user.name}>
            {(href) => <a href={href()}>{user.name}</a>}
          </Show>
        )}
      </For>
    </span>
  )
}

function hrefOf({ type, id }: Secret["usedBy"][number]): string | null {
  switch (type) {
    case "clanker":
      return paths.clanker(id)
    case "project":
      return paths.project(id)
    case "task-template":
      return null
  }
}
