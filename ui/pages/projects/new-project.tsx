import { useNavigate } from "@solidjs/router"
import type { JSX } from "solid-js"
import { toast } from "../../kit/toast.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { paths } from "../../paths.ts"
import { NewProjectForm } from "./new-project-form.tsx"
import { ScmChoices } from "./scm-choices.tsx"

export default function NewProject(): JSX.Element {
  const navigate = useNavigate()
  return (
    <div class="page" data-width="narrow">
      <PageHeader
        title="New project"
        parent={{ label: "Projects", href: paths.projects() }}
        meta="A project is one repository and how its tickets become pull requests."
      />
      <ScmChoices>
        {(needed) => (
          <NewProjectForm
            clankers={needed.clankers}
            secrets={needed.secrets}
            onCreated={({ name, slug }) => {
              toast(`${name} is created.`)
              navigate(paths.project(slug))
            }}
          />
        )}
      </ScmChoices>
    </div>
  )
}
