import { useParams } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { type JSX, Show } from "solid-js"
import CircleDot from "lucide-solid/icons/circle-dot"
import Lock from "lucide-solid/icons/lock"
import Plus from "lucide-solid/icons/plus"
import type { Clanker } from "#contract/clankers.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { projectQuery } from "../../api/queries.ts"
import { Badge } from "../../kit/badge.tsx"
import { LinkButton } from "../../kit/button.tsx"
import { Columns } from "../../kit/columns.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { whyNotWrite } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { paths } from "../../paths.ts"
import { ArchiveCard, ArchivedNotice } from "./archive-card.tsx"
import { AutoStartForm } from "./auto-start-form.tsx"
import { DeleteCard } from "./delete-card.tsx"
import { InstructionsForm } from "./instructions-form.tsx"
import { MembersCard } from "./members-card.tsx"
import { PromptsCard } from "./prompts-card.tsx"
import { ReadinessCard } from "./readiness-card.tsx"
import { RepositoryForm } from "./repository-form.tsx"
import { ScmChoices } from "./scm-choices.tsx"
import { ScmForm } from "./scm-form.tsx"
import { SecretsCard } from "./secrets-card.tsx"
import { SettingsCard } from "./settings-card.tsx"
import { VisibilityForm } from "./visibility-form.tsx"
import { WorkerForm } from "./worker-form.tsx"

export default function ProjectPage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const project = useQuery(() => projectQuery(params.id))
  return (
    <div class="page">
      <Show when={project.isLoadingError}>
        <PageHeader title="Project" parent={{ label: "Projects", href: paths.projects() }} />
      </Show>
      <Loaded query={project}>
        {(found) => (
          <>
            <PageHeader
              title={found().name}
              parent={{ label: "Projects", href: paths.projects() }}
              meta={<Meta project={found()} />}
              actions={
                <>
                  <LinkButton icon={CircleDot} href={paths.tickets({ project: found().id })}>
                    Tickets
                  </LinkButton>
                  <Show when={found().archivedAt === null && !whyNotWrite(found().role)}>
                    <LinkButton kind="primary" icon={Plus} href={paths.newTicket(found().id)}>
                      New ticket
                    </LinkButton>
                  </Show>
                </>
              }
            />
            <ArchivedNotice project={found()} />
            <ReadinessCard projectId={found().id} />
            {/* Another project's forms begin anew. */}
            <Show when={found().id} keyed>
              <ScmChoices>{(needed) => <Settings project={found()} clankers={needed.clankers} secrets={needed.secrets} />}</ScmChoices>
            </Show>
          </>
        )}
      </Loaded>
    </div>
  )
}

function Meta(props: { project: Project }): JSX.Element {
  return (
    <>
      <code>{props.project.key}</code>
      <Show when={props.project.visibility === "members"}>
        <Badge tone="quiet" icon={Lock}>
          Members only
        </Badge>
      </Show>
      <Copyable text={props.project.repositoryUrl} what="repository URL" />
      <span>
        Changed <RelativeTime at={props.project.updatedAt} />
      </span>
    </>
  )
}

function Settings(props: { project: Project; clankers: readonly Clanker[]; secrets: readonly Secret[] }): JSX.Element {
  const ownSecrets = () => props.secrets.filter(({ projectId }) => projectId === props.project.id).map(({ name }) => name)
  return (
    <Columns
      aside={
        <>
          <SecretsCard project={props.project} secrets={props.secrets} />
          <PromptsCard projectId={props.project.id} />
          <SettingsCard projectId={props.project.id} />
          <ArchiveCard project={props.project} />
          <DeleteCard project={props.project} ownSecrets={ownSecrets()} />
        </>
      }
    >
      <RepositoryForm project={props.project} />
      <ScmForm project={props.project} clankers={props.clankers} secrets={props.secrets} />
      <AutoStartForm project={props.project} />
      <WorkerForm project={props.project} />
      <InstructionsForm project={props.project} />
      <VisibilityForm project={props.project} />
      <MembersCard project={props.project} />
    </Columns>
  )
}
