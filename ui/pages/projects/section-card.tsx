import { type JSX, Show } from "solid-js"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { toast } from "../../kit/toast.tsx"
import type { Section } from "./section.ts"

/** The frame of one part of a project's settings. */
export function SectionCard(props: {
  title: string
  aside?: JSX.Element | undefined
  section: Pick<Section<object>, "submit" | "reason">
  children: JSX.Element
}): JSX.Element {
  const save = async () => {
    if (props.section.reason() !== null) return false
    const done = await props.section.submit.run()
    if (done) toast(`${props.title}: saved.`)
    return done
  }
  return (
    <Card title={props.title} aside={props.aside}>
      <Form label={props.title} onSubmit={save}>
        {props.children}
        <Show when={props.section.submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
        <FormFoot>
          <Button kind="primary" type="submit" busy={props.section.submit.busy()} disabledReason={props.section.reason()}>
            Save
          </Button>
        </FormFoot>
      </Form>
    </Card>
  )
}
