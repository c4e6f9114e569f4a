import { useQuery } from "../../api/use-query.ts"
import type { JSX } from "solid-js"
import { projectSettingsQuery, type SettingSource } from "../../api/projects.ts"
import { Card } from "../../kit/card.tsx"
import { type Fact, Facts } from "../../kit/facts.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { dollars } from "../../parts/numbers.ts"
import { durationOf } from "../../parts/time.ts"

const WORDS: Readonly<Record<string, string>> = {
  maxExecutionTime: "Max execution time",
  maxChanges: "Max changed files",
  testCommand: "Test command",
  requirePassingTests: "Push only when tests pass",
  setupCommand: "Setup command",
  protectedPaths: "Protected paths",
  allowProtectedPaths: "Allow protected paths",
  submodules: "Submodules",
  lfs: "Git LFS",
  blobless: "Blobless clone",
  budgetUsd: "Budget",
  "pullRequest.draft": "Draft pull requests",
  "pullRequest.labels": "Labels",
  "pullRequest.reviewers": "Reviewers",
}
const SOURCES = {
  run: "by the run",
  project: "by this project",
  clanker: "by the clanker",
  default: "default",
  strategy: "capped by where it runs",
} as const satisfies Record<SettingSource, string>

/** What a run on the default clanker would use, each value with who says so. */
export function SettingsCard(props: { projectId: string }): JSX.Element {
  const settings = useQuery(() => projectSettingsQuery(props.projectId))
  return (
    <Card title="Settings of a run">
      <Loaded query={settings} skeleton={<Skeleton lines={6} />}>
        {(known) => <Facts facts={Object.entries(known()).map(([name, setting]) => toFact(name, setting))} />}
      </Loaded>
    </Card>
  )
}

const toFact = (name: string, { value, source }: { value: unknown; source: SettingSource }): Fact => ({
  term: WORDS[name] ?? name,
  value: (
    <>
      <Value name={name} value={value} /> <small class="faint">{SOURCES[source]}</small>
    </>
  ),
})

function Value(props: { name: string; value: unknown }): JSX.Element {
  const { name, value } = props
  if (value === null || (Array.isArray(value) && value.length === 0)) return <span class="soft">none</span>
  if (name === "maxExecutionTime" && typeof value === "number") return durationOf(value * 1000)
  if (name === "budgetUsd" && typeof value === "number") return dollars(value)
  if (typeof value === "boolean") return value ? "yes" : "no"
  return <code>{Array.isArray(value) ? value.join(", ") : String(value)}</code>
}
