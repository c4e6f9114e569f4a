import { useParams, useSearchParams } from "@solidjs/router"
import { type JSX, Show } from "solid-js"
import { type Prompt, PROMPT_KEYS } from "#contract/prompts.ts"
import { type Template, templateQuery } from "../../api/prompts.ts"
import { projectQuery } from "../../api/queries.ts"
import { useQuery } from "../../api/use-query.ts"
import { Notice } from "../../kit/notice.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { SourceBadge, TEMPLATE_WORDS } from "../../parts/templates.tsx"
import { paths } from "../../paths.ts"
import { TemplateEditor } from "./editor.tsx"
import "./prompts.css"

export default function PromptPage(): JSX.Element {
  const params = useParams<{ key: string }>()
  const [query] = useSearchParams<{ project?: string }>()
  const template = (): Template | null => {
    const key = PROMPT_KEYS.find((known) => known === params.key)
    return key ? { key, projectId: query.project ?? "" } : null
  }
  return (
    <div class="page">
      <Show when={template()} keyed fallback={<NoTemplate />}>
        {(chosen) => <OneTemplate template={chosen} />}
      </Show>
    </div>
  )
}

function OneTemplate(props: { template: Template }): JSX.Element {
  const prompt = useQuery(() => templateQuery(props.template))
  return (
    <>
      <Header template={props.template} prompt={dataOf(prompt)} />
      <Loaded query={prompt}>{(loaded) => <TemplateEditor template={props.template} prompt={loaded()} />}</Loaded>
    </>
  )
}

function Header(props: { template: Template; prompt: Prompt | undefined }): JSX.Element {
  const { key, projectId } = props.template
  const project = useQuery(() => ({ ...projectQuery(projectId), enabled: projectId !== "" }))
  return (
    <PageHeader
      title={TEMPLATE_WORDS[key].name}
      parent={{ label: "Prompts", href: paths.prompts(projectId || undefined) }}
      eyebrow={<code>{key}</code>}
      meta={
        <>
          <Show when={props.prompt}>{(prompt) => <SourceBadge source={prompt().source} />}</Show>
          <Show when={projectId} fallback={<span>For the installation</span>}>
            <span>
              For <a href={paths.project(projectId)}>{dataOf(project)?.name ?? "a project"}</a>
            </span>
          </Show>
          <span>{TEMPLATE_WORDS[key].use}</span>
        </>
      }
    />
  )
}

function NoTemplate(): JSX.Element {
  return (
    <>
      <PageHeader title="Prompt" parent={{ label: "Prompts", href: paths.prompts() }} />
      <Notice tone="bad" title="Not found" action={<a href={paths.prompts()}>See the seven</a>}>
        <p>There is no template of this name.</p>
      </Notice>
    </>
  )
}
