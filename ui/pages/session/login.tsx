import { useNavigate, useSearchParams } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import { signIn } from "../../api/actions.ts"
import { ApiError } from "../../api/client.ts"
import { Button } from "../../kit/button.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import { SessionPage } from "./session-page.tsx"

export default function Login(): JSX.Element {
  const navigate = useNavigate()
  const [query] = useSearchParams()
  const [email, setEmail] = createSignal("")
  const [password, setPassword] = createSignal("")
  const submit = createSubmit(async () => {
    await signIn(email(), password()).catch((error: unknown) => {
      throw wrongPassword(error)
    })
    navigate(returnPath(query["to"]), { replace: true })
  })
  return (
    <SessionPage title="Log in to Viberglass">
      <form onSubmit={(event) => (event.preventDefault(), void submit.run())}>
        <TextField label="E-mail" type="email" autocomplete="username" required autofocus value={email()} onInput={setEmail} />
        <TextField label="Password" type="password" autocomplete="current-password" required value={password()} onInput={setPassword} />
        <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
        <Button kind="primary" type="submit" busy={submit.busy()}>
          Log in
        </Button>
      </form>
      <p class="small soft">No account? Ask an admin of this installation.</p>
    </SessionPage>
  )
}

/** Only paths of this site: `//elsewhere` would lead away from it. */
export const returnPath = (to: string | string[] | undefined): string =>
  typeof to === "string" && /^\/(?![/\\])/.test(to) ? to : paths.dashboard()

/** Which of the two was wrong is nobody's business. */
function wrongPassword(error: unknown): unknown {
  if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 400)) return error
  return new ApiError({
    status: error.status,
    code: error.code,
    message: "This e-mail and password do not belong together. Check both, then try again.",
  })
}
