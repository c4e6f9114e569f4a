import { createSignal, type JSX, Show } from "solid-js"
import type { Prompt, PromptSource } from "#contract/prompts.ts"
import { resetTemplate, type Template } from "../../api/prompts.ts"
import { Button } from "../../kit/button.tsx"
import { Confirm } from "../../kit/confirm.tsx"
import { Goes } from "../../kit/goes.tsx"
import { toast } from "../../kit/toast.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { TEMPLATE_WORDS } from "../../parts/templates.tsx"

const THEN = {
  default: "the text that this release ships with",
  installation: "the installation’s text",
  project: "the project’s text",
} as const satisfies Record<PromptSource, string>

interface ResetProps {
  template: Template
  prompt: Prompt
  forbidden: string | null
  onReset: (prompt: Prompt) => void
}

/** Gives up the own text of a template; nothing where there is none. */
export function ResetTemplate(props: ResetProps): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const name = () => TEMPLATE_WORDS[props.template.key].name
  const then = () => THEN[props.prompt.inherited.source]
  const own = () => props.prompt.source === (props.template.projectId === "" ? "installation" : "project")
  const submit = createSubmit(async () => {
    const after = then()
    props.onReset(await resetTemplate(props.template, props.prompt.revision))
    setAsking(false)
    toast(`${name()}: ${after} counts now.`)
  })
  return (
    <Show when={own() && !props.forbidden}>
      <Button kind="danger" onClick={() => setAsking(true)}>
        Reset…
      </Button>
      <Confirm
        open={asking()}
        title={`Reset ${name()}?`}
        act="Reset template"
        busy={submit.busy()}
        problem={submit.problem()}
        onConfirm={() => void submit.run()}
        onClose={() => setAsking(false)}
      >
        <Goes
          goes={
            props.template.projectId === "" ? "The installation’s own text of this template." : "This project’s own text of this template."
          }
          remains={`From then on ${then()} counts. Jobs that were started before keep the prompt that they got.`}
        />
      </Confirm>
    </Show>
  )
}
