import { createSignal, type JSX, Show } from "solid-js"
import { createStore } from "solid-js/store"
import { TOKEN_SCOPES, type TokenScope } from "#contract/users.ts"
import { createToken } from "../../api/tokens.ts"
import { Button } from "../../kit/button.tsx"
import { Code } from "../../kit/code.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Form, FormFoot } from "../../kit/form.tsx"
import { ChoiceCards } from "../../kit/choice-cards.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Select } from "../../kit/select.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { usePermission } from "../../parts/permission.ts"
import { createSubmit } from "../../parts/submit.ts"

const DAY = 86_400
const LIFETIMES = [
  { value: String(30 * DAY), label: "30 days" },
  { value: String(90 * DAY), label: "90 days" },
  { value: String(365 * DAY), label: "A year" },
  { value: "", label: "Never" },
]
const SCOPES = [
  { value: "read", title: "Read", text: "Look at everything." },
  { value: "write", title: "Write", text: "Read; file tickets, run phases, approve." },
  { value: "admin", title: "Admin", text: "Write; clankers, hosts, the installation’s secrets. Only for admins." },
] as const satisfies readonly { value: TokenScope; title: string; text: string }[]

/** A form, then the token: shown once, because only its hash is kept. */
export function NewToken(props: { open: boolean; onClose: () => void }): JSX.Element {
  const [token, setToken] = createSignal<string | null>(null)
  const close = () => {
    setToken(null)
    props.onClose()
  }
  return (
    <Dialog open={props.open} onClose={close} title={token() ? "Your new token" : "New API token"}>
      <Show when={token()} fallback={<TokenForm onMade={setToken} onCancel={close} />}>
        {(made) => (
          <>
            <Code label="Token" text={made()} copy wrap />
            <Notice tone="waiting" title="This is shown once">
              <p>Copy it now: only its hash is kept, so nobody can show it again.</p>
            </Notice>
            <FormFoot>
              <Button kind="primary" onClick={close}>
                I have copied it
              </Button>
            </FormFoot>
          </>
        )}
      </Show>
    </Dialog>
  )
}

function TokenForm(props: { onMade: (token: string) => void; onCancel: () => void }): JSX.Element {
  const { adminReason } = usePermission()
  const [draft, set] = createStore<{ name: string; scope: TokenScope; lifetime: string }>({
    name: "",
    scope: "write",
    lifetime: String(90 * DAY),
  })
  const submit = createSubmit(async () => {
    const { name, scope, lifetime } = draft
    // The scopes are a ladder: each includes those below it.
    const scopes = TOKEN_SCOPES.slice(0, TOKEN_SCOPES.indexOf(scope) + 1)
    const { token } = await createToken({ name: name.trim(), scopes, expiresIn: lifetime === "" ? null : Number(lifetime) })
    props.onMade(token)
  }, ["name", "scopes", "expiresIn"])
  const reason = () => (draft.name.trim() === "" ? "Give the token a name." : draft.scope === "admin" ? adminReason() : null)
  return (
    <Form label="New API token" onSubmit={async () => reason() === null && submit.run()}>
      <TextField
        label="Name"
        required
        autofocus
        maxLength={100}
        placeholder="ci"
        hint="Which program will use it."
        value={draft.name}
        onInput={(name) => set("name", name)}
        error={submit.fieldError("name")}
      />
      <ChoiceCards
        legend="What it may do"
        choices={SCOPES}
        value={draft.scope}
        onChange={(scope) => set("scope", scope)}
        error={submit.fieldError("scopes")}
      />
      <Select
        label="Ends after"
        value={draft.lifetime}
        options={LIFETIMES}
        onChange={(lifetime) => set("lifetime", lifetime)}
        error={submit.fieldError("expiresIn")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <FormFoot>
        <Button kind="primary" type="submit" busy={submit.busy()} disabledReason={reason()}>
          Make the token
        </Button>
        <Button onClick={() => props.onCancel()}>Cancel</Button>
      </FormFoot>
    </Form>
  )
}
