import { keepPreviousData } from "@tanstack/solid-query"
import { createEffect, createSignal, type JSX, lazy, on, Show, Suspense } from "solid-js"
import type { Prompt } from "#contract/prompts.ts"
import { saveTemplate, type Template, templatePreviewQuery } from "../../api/prompts.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { reveal, typeInto } from "../../kit/caret.ts"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { toast } from "../../kit/toast.tsx"
import { afterPause } from "../../parts/after-pause.ts"
import { usePermission, useProjectPermission } from "../../parts/permission.ts"
import { createSubmit } from "../../parts/submit.ts"
import { TEMPLATE_WORDS } from "../../parts/templates.tsx"
import { createTicketChoice, TemplateLook } from "./look.tsx"
import { ResetTemplate } from "./reset.tsx"
import { Troubles, troublesOf } from "./troubles.tsx"
import { Variables } from "./variables.tsx"

const DiffView = lazy(async () => ({ default: (await import("../../parts/diff-view.tsx")).DiffView }))

/** A template's text, what is wrong with it, what it makes, and how it differs from what it replaces. */
export function TemplateEditor(props: { template: Template; prompt: Prompt }): JSX.Element {
  const { key, projectId } = props.template
  const draft = createDraft(() => props.prompt)
  const { text, setText, overtaken } = draft
  const asked = afterPause(text)
  const ticket = createTicketChoice(projectId)
  const preview = useQuery(() => ({
    ...templatePreviewQuery(props.template, asked(), ticket.id()),
    enabled: asked() !== "" && ticket.known(),
    placeholderData: keepPreviousData,
  }))
  const troubles = () => troublesOf(preview, asked())
  const submit = createSubmit(
    async () => draft.begin(await saveTemplate(props.template, text(), overtaken() ? props.prompt.revision : draft.base())),
    ["template"],
  )
  const forbidden = useForbidden(projectId)
  const reason = () => forbidden() ?? whyNot({ text: text(), saved: props.prompt.template, wrong: troubles().length > 0 })
  const save = async () => {
    if (reason() !== null || !(await submit.run())) return false
    toast(`${TEMPLATE_WORDS[key].name} is saved.`)
    return true
  }
  let area: HTMLTextAreaElement | undefined
  return (
    <div class="template-grid">
      <Card title="Template">
        <Form label="Template" onSubmit={save}>
          <div class="template-form">
            <TextArea
              ref={area}
              label="Text"
              labelHidden
              code
              required
              spellcheck={false}
              value={text()}
              onInput={setText}
              error={submit.fieldError("template")}
              onKeyDown={(event) => {
                if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) event.currentTarget.form?.requestSubmit()
              }}
            />
          </div>
          <Troubles troubles={troubles()} onGo={({ from, to }) => area && reveal(area, from, to)} />
          <Show when={overtaken()} fallback={<Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>}>
            <Overtaken text={text()} prompt={props.prompt} />
          </Show>
          <FormFoot>
            <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
              {overtaken() ? "Save mine over theirs" : "Save"}
            </Button>
            <Show when={text() !== props.prompt.template}>
              <Button onClick={() => draft.begin(props.prompt)}>{overtaken() ? "Take theirs" : "Discard changes"}</Button>
            </Show>
            <ResetTemplate template={props.template} prompt={props.prompt} forbidden={forbidden()} onReset={draft.begin} />
          </FormFoot>
          <Variables names={props.prompt.variables} onInsert={(name) => area && typeInto(area, `{{${name}}}`)} />
        </Form>
      </Card>
      <TemplateLook text={text()} prompt={props.prompt} preview={preview} ticket={ticket} />
    </div>
  )
}

/** What is being written, and the revision that it began from. A text that nobody has touched follows what others save. */
function createDraft(prompt: () => Prompt) {
  const [text, setText] = createSignal(prompt().template)
  const [base, setBase] = createSignal({ revision: prompt().revision, template: prompt().template })
  const [overtaken, setOvertaken] = createSignal(false)
  const begin = ({ revision, template }: Pick<Prompt, "revision" | "template">) => {
    setBase({ revision, template })
    setText(template)
    setOvertaken(false)
  }
  // By what arrives alone: one's own save is known here before it is there.
  createEffect(
    on(
      () => ({ revision: prompt().revision, template: prompt().template }),
      (now) => {
        if (now.revision !== base().revision && text() === base().template) begin(now)
        else setOvertaken(now.revision !== base().revision)
      },
    ),
  )
  return { text, setText, begin, overtaken, base: () => base().revision }
}

function Overtaken(props: { text: string; prompt: Prompt }): JSX.Element {
  return (
    <>
      <Notice tone="waiting" title="Somebody else saved this template while you were writing">
        <p>
          Your text is still above, and nothing of it was saved. Below is what it would change in theirs: take over what should stay, then
          save.
        </p>
      </Notice>
      <Suspense fallback={<Skeleton />}>
        <DiffView label="Their text against yours" before={props.prompt.template} after={props.text} />
      </Suspense>
    </>
  )
}

function useForbidden(projectId: string): () => string | null {
  const { adminReason } = usePermission()
  const { writeReason } = useProjectPermission(() => projectId)
  return () => {
    if (projectId !== "") return writeReason()
    return adminReason() && "The installation’s templates are for its admins. A project’s own are for its members."
  }
}

function whyNot({ text, saved, wrong }: { text: string; saved: string; wrong: boolean }): string | null {
  if (text === saved) return "Nothing to save yet."
  if (text.trim() === "") return "Write a text: an empty prompt asks nothing."
  return wrong ? "Correct what is marked above first." : null
}
