import type { JSX } from "solid-js"
import Compass from "lucide-solid/icons/compass"
import { LinkButton } from "../kit/button.tsx"
import { Empty } from "../kit/empty.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { paths } from "../paths.ts"

export default function NotFound(): JSX.Element {
  return (
    <div class="page">
      <PageHeader title="Nothing here" />
      <Empty icon={Compass} title="This page does not exist" action={<LinkButton href={paths.tickets()}>Go to the tickets</LinkButton>}>
        The address may be mistyped, or what it showed has been deleted.
      </Empty>
    </div>
  )
}
