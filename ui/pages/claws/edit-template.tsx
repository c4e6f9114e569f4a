import { useNavigate, useParams } from "@solidjs/router"
import { type JSX, Show } from "solid-js"
import { clawTemplateQuery, editTemplate } from "../../api/claws.ts"
import { useQuery } from "../../api/use-query.ts"
import { toast } from "../../kit/toast.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { paths } from "../../paths.ts"
import { TemplateChoices } from "./choices.tsx"
import { TemplateForm } from "./template-form.tsx"
import "./claws.css"

export default function EditTemplate(): JSX.Element {
  const params = useParams<{ id: string }>()
  const navigate = useNavigate()
  const template = useQuery(() => clawTemplateQuery(params.id))
  return (
    <div class="page" data-width="narrow">
      <Show when={template.isLoadingError}>
        <PageHeader title="Edit task template" parent={{ label: "Claws", href: paths.claws("templates") }} />
      </Show>
      <Loaded query={template}>
        {(found) => (
          <>
            <PageHeader
              title={`Edit ${found().name}`}
              parent={{ label: found().name, href: paths.clawTemplate(found().id) }}
              meta="Runs that begin from now on use what is saved here."
            />
            <TemplateChoices>
              {(choices) => (
                <TemplateForm
                  template={found()}
                  choices={choices}
                  act="Save changes"
                  cancelHref={paths.clawTemplate(found().id)}
                  onSave={async (_, write) => {
                    const { id, name } = await editTemplate(found().id, write)
                    toast(`${name} is saved.`)
                    navigate(paths.clawTemplate(id))
                  }}
                />
              )}
            </TemplateChoices>
          </>
        )}
      </Loaded>
    </div>
  )
}
