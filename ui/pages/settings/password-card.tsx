import { type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import { changePassword } from "../../api/people.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { toast } from "../../kit/toast.tsx"
import { PASSWORD_LENGTH } from "../../parts/password-field.tsx"
import { createSubmit } from "../../parts/submit.ts"

interface Draft {
  current: string
  next: string
  again: string
}
const EMPTY: Draft = { current: "", next: "", again: "" }

export function PasswordCard(): JSX.Element {
  const [draft, set] = createStore<Draft>({ ...EMPTY })
  const submit = createSubmit(async () => {
    await changePassword(draft.current, draft.next)
    set(EMPTY)
    toast("Your password is changed. Other sessions of yours have ended.")
  }, ["currentPassword", "newPassword"])
  const reason = () => whyNot(draft)
  return (
    <Card title="Password">
      <Form label="Change password" onSubmit={async () => reason() === null && submit.run()}>
        <TextField
          label="Current password"
          type="password"
          required
          autocomplete="current-password"
          value={draft.current}
          onInput={(current) => set({ current })}
          error={submit.fieldError("currentPassword")}
        />
        <TextField
          label="New password"
          type="password"
          required
          autocomplete="new-password"
          hint={`At least ${PASSWORD_LENGTH} characters. Your other sessions end; your API tokens stay.`}
          value={draft.next}
          onInput={(next) => set({ next })}
          error={submit.fieldError("newPassword")}
        />
        <TextField
          label="New password again"
          type="password"
          required
          autocomplete="new-password"
          value={draft.again}
          onInput={(again) => set({ again })}
          error={draft.again.length >= draft.next.length && draft.again !== draft.next ? "The two are not the same." : null}
        />
        <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
        <FormFoot>
          <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
            Change password
          </Button>
        </FormFoot>
      </Form>
    </Card>
  )
}

function whyNot({ current, next, again }: Draft): string | null {
  if (current === "") return "Enter your current password."
  if (next.length < PASSWORD_LENGTH) return `Enter a new one of at least ${PASSWORD_LENGTH} characters.`
  return next === again ? null : "Enter the new one twice, the same both times."
}
