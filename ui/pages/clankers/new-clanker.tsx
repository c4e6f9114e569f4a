import { useNavigate } from "@solidjs/router"
import type { JSX } from "solid-js"
import { createClanker } from "../../api/clankers.ts"
import { toast } from "../../kit/toast.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { paths } from "../../paths.ts"
import { ClankerForm } from "./form.tsx"
import { FormChoices } from "./form-choices.tsx"

export default function NewClanker(): JSX.Element {
  const navigate = useNavigate()
  return (
    <div class="page" data-width="narrow">
      <PageHeader
        title="New clanker"
        parent={{ label: "Clankers", href: paths.clankers() }}
        meta="A clanker is an agent, the place where it runs, its secrets and its instructions."
      />
      <FormChoices>
        {(needed) => (
          <ClankerForm
            agents={needed.agents}
            secrets={needed.secrets}
            projects={needed.projects}
            act="Create clanker"
            cancelHref={paths.clankers()}
            onSave={async (write) => {
              const { name, slug } = await createClanker(write)
              toast(`${name} is saved. Start it so that it takes jobs.`)
              navigate(paths.clanker(slug))
            }}
          />
        )}
      </FormChoices>
    </div>
  )
}
