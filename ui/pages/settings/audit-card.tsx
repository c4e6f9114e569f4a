import type { JSX } from "solid-js"
import { LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { paths } from "../../paths.ts"

/** The way to what everybody did; the page itself says for whom it is. */
export const AuditCard = (): JSX.Element => (
  <Card title="Audit">
    <p class="soft">Who changed what, when, and from where.</p>
    <div class="row">
      <LinkButton href={paths.audit()}>Read the audit log</LinkButton>
    </div>
  </Card>
)
