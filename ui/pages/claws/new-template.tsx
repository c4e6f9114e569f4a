import { useNavigate } from "@solidjs/router"
import type { JSX } from "solid-js"
import { createTemplate } from "../../api/claws.ts"
import { toast } from "../../kit/toast.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { paths } from "../../paths.ts"
import { TemplateChoices } from "./choices.tsx"
import { TemplateForm } from "./template-form.tsx"
import "./claws.css"

export default function NewTemplate(): JSX.Element {
  const navigate = useNavigate()
  return (
    <div class="page" data-width="narrow">
      <PageHeader
        title="New task template"
        parent={{ label: "Claws", href: paths.claws("templates") }}
        meta="Work that comes again. Its schedules say when."
      />
      <TemplateChoices>
        {(choices) => (
          <TemplateForm
            choices={choices}
            act="Create template"
            cancelHref={paths.claws("templates")}
            onSave={async (projectId, write) => {
              const { id, name } = await createTemplate(projectId, write)
              toast(`${name} is saved. Give it a schedule.`)
              navigate(paths.clawTemplate(id))
            }}
          />
        )}
      </TemplateChoices>
    </div>
  )
}
