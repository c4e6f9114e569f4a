import { useNavigate, useParams } from "@solidjs/router"
import { useQuery } from "../../api/use-query.ts"
import { type JSX, Show, untrack } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import { clankerRevisionQuery, editClanker } from "../../api/clankers.ts"
import { clankerQuery } from "../../api/queries.ts"
import { Skeleton } from "../../kit/skeleton.tsx"
import { toast } from "../../kit/toast.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { paths } from "../../paths.ts"
import { ClankerForm } from "./form.tsx"
import { FormChoices } from "./form-choices.tsx"

export default function EditClanker(): JSX.Element {
  const params = useParams<{ id: string }>()
  const clanker = useQuery(() => clankerQuery(params.id))
  return (
    <div class="page" data-width="narrow">
      <Show when={clanker.isLoadingError}>
        <PageHeader title="Edit clanker" parent={{ label: "Clankers", href: paths.clankers() }} />
      </Show>
      <Loaded query={clanker}>
        {(found) => (
          <>
            <PageHeader
              title={`Edit ${found().name}`}
              parent={{ label: found().name, href: paths.clanker(found().slug) }}
              meta="Name, description and concurrency apply at once; everything else waits for the next start."
            />
            <EditForm clanker={found()} />
          </>
        )}
      </Loaded>
    </div>
  )
}

function EditForm(props: { clanker: Clanker }): JSX.Element {
  const navigate = useNavigate()
  // The one that is newest now: what somebody else saves meanwhile must not take the form away.
  const { id, revision } = untrack(() => props.clanker)
  const newest = useQuery(() => clankerRevisionQuery(id, revision))
  return (
    <Loaded query={newest} skeleton={<Skeleton lines={8} />}>
      {(stored) => (
        <FormChoices>
          {(needed) => (
            <ClankerForm
              clanker={props.clanker}
              files={stored().files}
              agents={needed.agents}
              secrets={needed.secrets}
              projects={needed.projects}
              act="Save changes"
              cancelHref={paths.clanker(props.clanker.slug)}
              onSave={async (changes) => {
                const saved = await editClanker(props.clanker.id, changes)
                toast(
                  saved.changesPending
                    ? `${saved.name} is saved. Start it again so that its jobs use the changes.`
                    : `${saved.name} is saved.`,
                )
                navigate(paths.clanker(saved.slug))
              }}
            />
          )}
        </FormChoices>
      )}
    </Loaded>
  )
}
