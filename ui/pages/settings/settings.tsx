import type { JSX } from "solid-js"
import { Columns } from "../../kit/columns.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { AuditCard } from "./audit-card.tsx"
import { AwsCard } from "./aws-card.tsx"
import { InstallationCard } from "./installation-card.tsx"
import { ManagedCard } from "./managed-card.tsx"
import { PasswordCard } from "./password-card.tsx"
import { TokensCard } from "./tokens-card.tsx"

export default function Settings(): JSX.Element {
  return (
    <div class="page">
      <PageHeader title="Settings" meta="What is your own, and what holds for the whole installation." />
      <Columns
        aside={
          <>
            <PasswordCard />
            <AuditCard />
          </>
        }
      >
        <TokensCard />
        <InstallationCard />
        <AwsCard />
        <ManagedCard />
      </Columns>
    </div>
  )
}
