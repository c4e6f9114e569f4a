import { createSignal, type JSX, Show } from "solid-js"
import KeyRound from "lucide-solid/icons/key-round"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { ShortList } from "../../kit/short-list.tsx"
import { NewSecret } from "../../parts/new-secret.tsx"
import { whyNotWrite } from "../../parts/permission.ts"
import { LOCATION_LOOKS } from "../../parts/secret-looks.tsx"
import { LookBadge } from "../../parts/status-badge.tsx"
import { paths } from "../../paths.ts"

/** The project's own secrets; all there is to do with them is on the page of secrets. */
export function SecretsCard(props: { project: Project; secrets: readonly Secret[] }): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const own = () => props.secrets.filter(({ projectId }) => projectId === props.project.id)
  return (
    <Card title="Secrets of this project" aside={<a href={paths.secrets({ project: props.project.id })}>Manage</a>}>
      <Show when={own().length > 0} fallback={<p class="soft">None. Those of the installation can be used as well.</p>}>
        <ShortList items={own()}>
          {(secret) => (
            <span class="row">
              <code>{secret.name}</code>
              <LookBadge look={LOCATION_LOOKS[secret.location]} plain />
            </span>
          )}
        </ShortList>
      </Show>
      <div class="row">
        <Button size="s" icon={KeyRound} disabledReason={whyNotWrite(props.project.role)} onClick={() => setAsking(true)}>
          New secret
        </Button>
      </div>
      <NewSecret
        open={asking()}
        projectId={props.project.id}
        projects={[props.project]}
        onCancel={() => setAsking(false)}
        onDone={() => setAsking(false)}
      />
    </Card>
  )
}
