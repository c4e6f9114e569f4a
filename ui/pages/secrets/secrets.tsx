import { useSearchParams } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { createMemo, createSignal, type JSX, Show } from "solid-js"
import KeyRound from "lucide-solid/icons/key-round"
import Plus from "lucide-solid/icons/plus"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { projectsQuery } from "../../api/queries.ts"
import { secretsQuery } from "../../api/secrets.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { Select } from "../../kit/select.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { toast } from "../../kit/toast.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { NewSecret } from "../../parts/new-secret.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { DeleteSecret } from "./delete-secret.tsx"
import { RotateSecret } from "./rotate-secret.tsx"
import { SecretsTable } from "./table.tsx"
import "./secrets.css"

type Open = { act: "new" } | { act: "rotate" | "delete"; secret: Secret } | null
const INSTALLATION = "installation"

export default function Secrets(): JSX.Element {
  const [query, setQuery] = useSearchParams<{ project?: string }>()
  const secrets = useQuery(secretsQuery)
  const projects = useQuery(projectsQuery)
  const [open, setOpen] = createSignal<Open>(null)
  const close = () => setOpen(null)
  const known = (): readonly Project[] => dataOf(projects)?.items ?? []
  const scope = () => query.project ?? ""
  const newSecret = () => (
    <Button kind="primary" icon={Plus} onClick={() => setOpen({ act: "new" })}>
      New secret
    </Button>
  )
  return (
    <div class="page">
      <PageHeader title="Secrets" meta="Write-only: a value can be replaced, never read." actions={newSecret()} />
      <div class="secrets-filter">
        <Select label="Belonging to" value={scope()} options={scopes(known())} onChange={(project) => setQuery({ project })} />
      </div>
      <Card flush>
        <Loaded query={secrets} skeleton={<Skeleton lines={5} />}>
          {(page) => (
            <Listed
              secrets={page().items}
              scope={scope()}
              projects={known()}
              newSecret={newSecret()}
              onRotate={(secret) => setOpen({ act: "rotate", secret })}
              onDelete={(secret) => setOpen({ act: "delete", secret })}
            />
          )}
        </Loaded>
      </Card>
      <NewSecret
        open={open()?.act === "new"}
        projects={known()}
        projectId={known().some(({ id }) => id === scope()) ? scope() : undefined}
        onCancel={close}
        onDone={({ name }) => {
          close()
          toast(`${name} is stored.`)
        }}
      />
      <RotateSecret secret={secretOf(open(), "rotate")} onClose={close} />
      <DeleteSecret secret={secretOf(open(), "delete")} onClose={close} />
    </div>
  )
}

const secretOf = (open: Open, act: "rotate" | "delete"): Secret | null =>
  open && open.act === act && "secret" in open ? open.secret : null

const scopes = (projects: readonly Project[]) => [
  { value: "", label: "The installation and all projects" },
  { value: INSTALLATION, label: "The installation only" },
  ...projects.map(({ id, name }) => ({ value: id, label: `Project ${name}` })),
]

interface ListedProps {
  secrets: readonly Secret[]
  scope: string
  projects: readonly Project[]
  newSecret: JSX.Element
  onRotate: (secret: Secret) => void
  onDelete: (secret: Secret) => void
}

function Listed(props: ListedProps): JSX.Element {
  const rows = createMemo(() => props.secrets.filter(({ projectId }) => inScope(projectId, props.scope)))
  return (
    <Show
      when={rows().length > 0}
      fallback={
        <Empty icon={KeyRound} title={props.scope === "" ? "No secrets yet" : "No secrets here"} action={props.newSecret}>
          <p>
            A clanker’s agent needs its provider’s key, and a project a token that may push. Store them here, then tick or choose them
            there.
          </p>
        </Empty>
      }
    >
      <SecretsTable secrets={rows()} projects={props.projects} onRotate={props.onRotate} onDelete={props.onDelete} />
    </Show>
  )
}

const inScope = (projectId: string | null, scope: string): boolean =>
  scope === "" || (scope === INSTALLATION ? projectId === null : projectId === scope)
