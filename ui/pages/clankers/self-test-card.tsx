import { createMemo, createSignal, type JSX, Show } from "solid-js"
import FlaskConical from "lucide-solid/icons/flask-conical"
import { missingSecretGroups } from "#contract/agents.ts"
import type { Clanker, SelfTest } from "#contract/clankers.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { startSelfTest } from "../../api/clankers.ts"
import { projectsQuery } from "../../api/queries.ts"
import { secretsQuery } from "../../api/secrets.ts"
import { useQuery } from "../../api/use-query.ts"
import { Button } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { Facts } from "../../kit/facts.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Select } from "../../kit/select.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { usePermission } from "../../parts/permission.ts"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { JobBadge } from "../../parts/status-badge.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { durationOf } from "../../parts/time.ts"
import { paths } from "../../paths.ts"

/** "Try it": a worker starts, its secrets arrive, the agent answers one prompt. What came of it stays here. */
export function SelfTestCard(props: { clanker: Clanker }): JSX.Element {
  const { writeReason } = usePermission()
  const secrets = useQuery(secretsQuery)
  const projects = useQuery(projectsQuery)
  const owners = createMemo(() => ownersOf(props.clanker, dataOf(secrets)?.items ?? [], dataOf(projects)?.items ?? []))
  const [picked, setPicked] = createSignal<string | null>(null)
  const chosen = () => picked() ?? owners().first
  const start = createSubmit(() => startSelfTest(props.clanker.id, chosen() || undefined))
  const known = () => dataOf(secrets) !== undefined && dataOf(projects) !== undefined
  const running = () => props.clanker.selfTest?.status === "running"
  return (
    <Card title="Self-test">
      <Show when={props.clanker.selfTest} fallback={<p class="soft">{WHAT_IT_IS}</p>}>
        {(test) => <Result test={test()} serving={props.clanker.servingRevision} />}
      </Show>
      <Show when={start.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <Show when={owners().projects.length > 0}>
        <Select
          label="With the secrets of"
          hint="A project’s secret is for its own jobs alone, so the test is a job of that project."
          value={chosen()}
          options={[
            { value: "", label: "The installation alone" },
            ...owners().projects.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={setPicked}
        />
      </Show>
      <div class="row">
        <Button
          icon={FlaskConical}
          // Without them the test would begin as one that may use no project's secrets.
          busy={start.busy() || running() || !known()}
          disabledReason={writeReason() ?? (props.clanker.acceptsJobs ? null : "Start it first: it takes no jobs now.")}
          onClick={() => void start.run()}
        >
          {running() ? "Trying…" : "Try it"}
        </Button>
      </div>
    </Card>
  )
}
const WHAT_IT_IS =
  "Not tried yet. A self-test starts a worker, hands it the secrets and asks the agent one question, in an empty repository. It takes a minute and costs one answer."

/** Projects whose secrets are ticked here; the first of them where the agent could not work without. */
function ownersOf(
  { agent, secretIds }: Clanker,
  secrets: readonly Secret[],
  all: readonly Project[],
): { projects: Project[]; first: string } {
  const ticked = secrets.filter(({ id }) => secretIds.includes(id))
  const projects = all.filter(({ id }) => ticked.some(({ projectId }) => projectId === id))
  const shared = ticked.filter(({ projectId }) => projectId === null).map(({ name }) => name)
  return { projects, first: missingSecretGroups(agent, shared).length === 0 ? "" : (projects[0]?.id ?? "") }
}

function Result(props: { test: SelfTest; serving: number | null }): JSX.Element {
  const facts = () => [
    { term: "Tried", value: <RelativeTime at={props.test.endedAt ?? props.test.startedAt} /> },
    {
      term: "Revision",
      value: props.test.revision === props.serving ? props.test.revision : `${props.test.revision}, not what is in use now`,
    },
    ...(props.test.seconds === null ? [] : [{ term: "Took", value: durationOf(props.test.seconds * 1000) }]),
    ...(props.test.agentVersion
      ? [{ term: "Agent version", value: <Copyable text={props.test.agentVersion} what="agent version" /> }]
      : []),
    ...(props.test.answer ? [{ term: "Answer", value: <q>{props.test.answer}</q> }] : []),
    { term: "Job", value: <a href={paths.job(props.test.jobId)}>{props.test.status === "running" ? "Watch it" : "Its log"}</a> },
  ]
  return (
    <div class="stack" role="status" aria-label="Result of the self-test">
      <div class="row">
        <JobBadge status={props.test.status} />
      </div>
      <Show when={props.test.failure}>
        {(failure) => (
          <Notice tone="bad" title={failure().message}>
            <p>{failure().advice}</p>
          </Notice>
        )}
      </Show>
      <Facts facts={facts()} />
    </div>
  )
}
