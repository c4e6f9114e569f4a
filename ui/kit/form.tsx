import type { JSX } from "solid-js"
import "./form.css"

interface FormProps {
  /** What the form is for, for readers that cannot see it. */
  label: string
  /** Answers whether it went through; if not, the first field that is wrong gets the focus. */
  onSubmit: () => Promise<boolean>
  children: JSX.Element
}

/** A form that talks to the server by itself. Its own checks stand beside the fields, not in the browser's bubbles. */
export function Form(props: FormProps): JSX.Element {
  let form: HTMLFormElement | undefined
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (!(await props.onSubmit())) form?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus()
  }
  return (
    <form ref={form} class="form" aria-label={props.label} novalidate onSubmit={(event) => void submit(event)}>
      {props.children}
    </form>
  )
}

/** Fields side by side where there is room. */
export function FieldRow(props: { children: JSX.Element }): JSX.Element {
  return <div class="field-row">{props.children}</div>
}

/** Fields that belong together under one name. */
export function FieldGroup(props: { legend: string; hint?: JSX.Element | undefined; children: JSX.Element }): JSX.Element {
  return (
    <fieldset class="field-group">
      <legend class="fields-legend">{props.legend}</legend>
      {props.hint ? <div class="field-hint">{props.hint}</div> : null}
      {props.children}
    </fieldset>
  )
}

/** What few people need, folded away until they ask. */
export function MoreFields(props: { summary: string; open?: boolean | undefined; children: JSX.Element }): JSX.Element {
  return (
    <details class="more-fields" open={props.open}>
      <summary>{props.summary}</summary>
      <div class="more-fields-body">{props.children}</div>
    </details>
  )
}

/** The acts at a form's end. `stuck` keeps them in sight under a long form. */
export function FormFoot(props: { stuck?: boolean | undefined; children: JSX.Element }): JSX.Element {
  return (
    <div class="form-foot" data-stuck={props.stuck ? "" : undefined}>
      {props.children}
    </div>
  )
}
