import type { JSX } from "solid-js"
import { PageHeader } from "../../parts/page-header.tsx"
import { TokensCard } from "./tokens-card.tsx"

export default function Settings(): JSX.Element {
  return (
    <div class="page">
      <PageHeader title="Settings" meta="What is your own." />
      <TokensCard />
    </div>
  )
}
