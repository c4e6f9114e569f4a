import { useNavigate, useParams } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { createMemo, createSignal, type JSX, Show } from "solid-js"
import CirclePause from "lucide-solid/icons/circle-pause"
import Copy from "lucide-solid/icons/copy"
import Pencil from "lucide-solid/icons/pencil"
import Play from "lucide-solid/icons/play"
import Trash from "lucide-solid/icons/trash"
import { AGENTS } from "#contract/agents.ts"
import { type Clanker, clankerCan } from "#contract/clankers.ts"
import { copyClanker, deactivateClanker, startClanker } from "../../api/clankers.ts"
import { clankerQuery } from "../../api/queries.ts"
import { Button, LinkButton } from "../../kit/button.tsx"
import { Columns } from "../../kit/columns.tsx"
import { Confirm } from "../../kit/confirm.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { toast } from "../../kit/toast.tsx"
import { AgentIcon } from "../../parts/agent-icon.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { usePermission } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { ClankerBadge } from "../../parts/status-badge.tsx"
import { STRATEGIES } from "../../parts/strategies.ts"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import { AcceptsJobs, ChangesPending } from "./badges.tsx"
import { ConfigCard, FilesCard } from "./config-card.tsx"
import { DeleteClanker } from "./delete-clanker.tsx"
import { DeploymentCard } from "./deployment-card.tsx"
import { RemainsInAws } from "./remains.tsx"
import { RevisionsCard } from "./revisions-card.tsx"
import { SecretsCard } from "./secrets-card.tsx"
import { SelfTestCard } from "./self-test-card.tsx"
import { Situation } from "./situation.tsx"
import { useSources, whyNotStart } from "./sources-list.tsx"
import { UsedByCard } from "./used-by-card.tsx"
import "./clanker.css"

export default function ClankerPage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const clanker = useQuery(() => clankerQuery(params.id))
  return (
    <div class="page">
      <Show when={clanker.isLoadingError}>
        <PageHeader title="Clanker" parent={{ label: "Clankers", href: paths.clankers() }} />
      </Show>
      <Loaded query={clanker}>{(found) => <Detail clanker={found()} />}</Loaded>
    </div>
  )
}

function Detail(props: { clanker: Clanker }): JSX.Element {
  const { adminReason } = usePermission()
  const start = createSubmit((revision?: number) => startClanker(props.clanker.id, revision))
  const sources = createMemo(useSources(() => props.clanker))
  return (
    <>
      <PageHeader
        title={props.clanker.name}
        parent={{ label: "Clankers", href: paths.clankers() }}
        meta={<Meta clanker={props.clanker} />}
        actions={<Acts clanker={props.clanker} needs={whyNotStart(sources())} starting={start.busy()} onStart={() => void start.run()} />}
      />
      <Show when={props.clanker.description}>{(text) => <p class="clanker-description">{text()}</p>}</Show>
      <Situation clanker={props.clanker} problem={start.problem()} needs={sources().filter(({ problem }) => problem !== null)} />
      <Columns
        aside={
          <>
            <SelfTestCard clanker={props.clanker} />
            <SecretsCard clanker={props.clanker} />
            <FilesCard clanker={props.clanker} />
            <UsedByCard clankerId={props.clanker.id} />
            <RevisionsCard clanker={props.clanker} onStart={(revision) => void start.run(revision)} blocked={adminReason()} />
          </>
        }
      >
        <DeploymentCard clanker={props.clanker} />
        <ConfigCard clanker={props.clanker} sources={sources()} />
      </Columns>
    </>
  )
}

function Meta(props: { clanker: Clanker }): JSX.Element {
  return (
    <>
      <ClankerBadge status={props.clanker.status} />
      <AcceptsJobs clanker={props.clanker} />
      <Show when={props.clanker.changesPending}>
        <ChangesPending />
      </Show>
      <span class="row">
        <AgentIcon agent={props.clanker.agent} /> {AGENTS[props.clanker.agent].name} on{" "}
        {STRATEGIES[props.clanker.deploymentConfig.computeType].name}
      </span>
      <span class="numbers">
        {props.clanker.running} of {props.clanker.maxConcurrency} running
        {props.clanker.queued > 0 ? `, ${props.clanker.queued} waiting` : ""}
      </span>
      <span>
        Changed <RelativeTime at={props.clanker.updatedAt} />
      </span>
      <Copyable text={props.clanker.slug} what="slug" />
    </>
  )
}

function Acts(props: { clanker: Clanker; needs: string | null; starting: boolean; onStart: () => void }): JSX.Element {
  const { adminReason } = usePermission()
  const [asking, setAsking] = createSignal<"deactivate" | "delete" | null>(null)
  const deactivate = createSubmit(async () => {
    await deactivateClanker(props.clanker.id)
    setAsking(null)
  })
  const navigate = useNavigate()
  const copy = createSubmit(async () => {
    const made = await copyClanker(props.clanker.id)
    toast(`${made.name} is saved. Change what is to be different, then start it.`)
    navigate(paths.editClanker(made.slug))
  })
  const deploying = () => props.clanker.status === "deploying"
  return (
    <>
      <Button
        kind={props.clanker.status === "active" && !props.clanker.changesPending ? "plain" : "primary"}
        icon={Play}
        busy={props.starting || deploying()}
        onClick={() => props.onStart()}
        disabledReason={adminReason() ?? props.needs}
      >
        {deploying()
          ? "Starting…"
          : props.clanker.deployedRevision === null && props.clanker.status === "inactive"
            ? "Start"
            : "Start again"}
      </Button>
      <Show when={!adminReason()}>
        <LinkButton icon={Pencil} href={paths.editClanker(props.clanker.slug)}>
          Edit
        </LinkButton>
        <Button icon={Copy} busy={copy.busy()} disabledReason={copy.problem()} onClick={() => void copy.run()}>
          Copy
        </Button>
        <Show when={clankerCan[props.clanker.status].deactivate}>
          <Button icon={CirclePause} onClick={() => setAsking("deactivate")}>
            Deactivate
          </Button>
        </Show>
        <Button kind="danger" icon={Trash} onClick={() => setAsking("delete")}>
          Delete
        </Button>
      </Show>
      <Confirm
        open={asking() === "deactivate"}
        title={`Deactivate ${props.clanker.name}?`}
        act="Deactivate"
        busy={deactivate.busy()}
        problem={deactivate.problem()}
        onConfirm={() => void deactivate.run()}
        onClose={() => setAsking(null)}
      >
        <p>It takes no new jobs; queued ones wait until it is started again, running ones go on to their end.</p>
        <p class="soft">Its configuration and what it deployed stay.</p>
        <RemainsInAws clanker={props.clanker} />
      </Confirm>
      <DeleteClanker clanker={props.clanker} open={asking() === "delete"} onClose={() => setAsking(null)} />
    </>
  )
}
