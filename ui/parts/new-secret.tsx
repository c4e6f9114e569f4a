import type { JSX } from "solid-js"
import { Portal } from "solid-js/web"
import { Dialog } from "../kit/dialog.tsx"
import { SecretForm, type SecretFormProps } from "./secret-form.tsx"

/** The form of a new secret over the page. In a portal: it opens from within other forms, which must not hear its submit. */
export function NewSecret(props: SecretFormProps & { open: boolean }): JSX.Element {
  return (
    <Portal>
      <Dialog open={props.open} onClose={() => props.onCancel()} title="New secret">
        <SecretForm
          projects={props.projects}
          name={props.name}
          projectId={props.projectId}
          onDone={props.onDone}
          onCancel={() => props.onCancel()}
        />
      </Dialog>
    </Portal>
  )
}
