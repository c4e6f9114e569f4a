import { useNavigate } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import { setUp, signIn } from "../../api/actions.ts"
import { Button } from "../../kit/button.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import { SessionPage } from "./session-page.tsx"

const SHORTEST_PASSWORD = 10

/** The first admin. The token travels behind `#`, so that it reaches neither a server's log nor a referrer. */
export default function Setup(): JSX.Element {
  const navigate = useNavigate()
  const token = location.hash.slice(1)
  const [name, setName] = createSignal("")
  const [email, setEmail] = createSignal("")
  const [password, setPassword] = createSignal("")
  const submit = createSubmit(async () => {
    await setUp({ token, name: name(), email: email(), password: password() })
    await signIn(email(), password())
    navigate(paths.dashboard(), { replace: true })
  }, ["name", "email", "password"])
  return (
    <SessionPage title="Set up Viberglass">
      <Show
        when={token}
        fallback={
          <Notice tone="waiting" title="This address lacks its token">
            <p>Open the whole setup link. The operator of this installation can make a new one.</p>
          </Notice>
        }
      >
        <p class="soft">You become the first admin of this installation.</p>
        <form onSubmit={(event) => (event.preventDefault(), void submit.run())}>
          <TextField
            label="Name"
            autocomplete="name"
            required
            autofocus
            value={name()}
            onInput={setName}
            error={submit.fieldError("name")}
          />
          <TextField
            label="E-mail"
            type="email"
            autocomplete="username"
            required
            value={email()}
            onInput={setEmail}
            error={submit.fieldError("email")}
          />
          <TextField
            label="Password"
            type="password"
            autocomplete="new-password"
            required
            minLength={SHORTEST_PASSWORD}
            hint={`At least ${SHORTEST_PASSWORD} characters.`}
            value={password()}
            onInput={setPassword}
            error={submit.fieldError("password")}
          />
          <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
          <Button kind="primary" type="submit" busy={submit.busy()}>
            Create the admin
          </Button>
        </form>
      </Show>
    </SessionPage>
  )
}
