import { For, type JSX, Show } from "solid-js"
import { isTerminal, type Job } from "#contract/jobs.ts"
import { Copyable } from "../../kit/copy.tsx"
import { type Fact, Facts } from "../../kit/facts.tsx"
import { ConsoleLinks } from "../../parts/console-links.tsx"
import { Duration } from "../../parts/duration.tsx"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { UsedWords } from "../../parts/used.tsx"
import { paths } from "../../paths.ts"

const known = (facts: readonly (Fact | null)[]): Fact[] => facts.filter((fact) => fact !== null)
const copyable = (term: string, text: string | null | undefined, shown?: string): Fact | null =>
  text ? { term, value: <Copyable text={text} shown={shown} what={term.toLowerCase()} /> } : null

const NOTHING = {
  pending: "Nothing yet. Research and planning write a document; execution opens a pull request.",
  written: "It wrote the document, which is on the ticket's page.",
  none: "Nothing was pushed.",
  tested: "A self-test pushes nothing: what it found is on the clanker’s page.",
} as const

function outcomeOf({ status, kind }: Job): keyof typeof NOTHING {
  if (kind === "self-test") return "tested"
  if (!isTerminal(status)) return "pending"
  return status === "succeeded" && (kind === "research" || kind === "planning") ? "written" : "none"
}

/** What came of it. */
export function JobDetails(props: { job: Job }): JSX.Element {
  const facts = () => {
    const { job } = props
    const { pullRequest, deadlineAt } = job
    return known([
      pullRequest
        ? {
            term: "Pull request",
            value: (
              <a href={pullRequest.url} target="_blank" rel="noreferrer">
                #{pullRequest.number}
              </a>
            ),
          }
        : null,
      job.startedAt === null ? null : { term: "Used", value: <UsedWords usage={job.usage} unknown={job.usage.costUsd === null} /> },
      job.model ? { term: "Model", value: job.model } : null,
      copyable("Branch", job.branch),
      copyable("Commit", job.commit, job.commit?.slice(0, 10)),
      deadlineAt && !job.endedAt ? { term: "Time limit", value: <RelativeTime at={deadlineAt} /> } : null,
      job.retryOf ? { term: "Retry of", value: <a href={paths.job(job.retryOf)}>the former job</a> } : null,
    ])
  }
  const links = () => props.job.attempts.at(-1)?.links ?? []
  const came = () => props.job.pullRequest !== null || props.job.branch !== null || props.job.commit !== null
  return (
    <>
      <Show when={!came()}>
        <p class="soft small">{NOTHING[outcomeOf(props.job)]}</p>
      </Show>
      <Show when={facts().length > 0}>
        <Facts facts={facts()} />
      </Show>
      <ConsoleLinks label="In the AWS console" links={links()} />
    </>
  )
}

/** Where it came from: enough to run the same again, and to know what ran. */
export function Provenance(props: { job: Job }): JSX.Element {
  const facts = () => {
    const { job } = props
    return known([
      copyable("Job", job.id),
      copyable("Base commit", job.baseCommit),
      copyable("Agent version", job.agentVersion),
      copyable("Image digest", job.imageDigest),
      { term: "Clanker revision", value: <a href={paths.clanker(job.clankerId)}>revision {job.clankerRevision}</a> },
      job.resumed && job.resumed !== "none"
        ? { term: "Resumed from", value: job.resumed === "session" ? "the agent's session" : "a checkpoint" }
        : null,
      copyable("Worker", job.evidence?.compute ?? null),
      job.evidence
        ? { term: "End", value: job.evidence.proven ? "proven by the worker or its compute" : "not proven: the worker did not answer" }
        : null,
      { term: "Created", value: <RelativeTime at={job.createdAt} /> },
    ])
  }
  return (
    <div class="stack">
      <Facts facts={facts()} />
      <h2>Attempts</h2>
      <ol class="stack" style={{ "--gap": "var(--space-1)" }}>
        <For each={props.job.attempts} fallback={<li class="soft">None yet.</li>}>
          {(attempt) => (
            <li class="small">
              {attempt.n}. <RelativeTime at={attempt.startedAt} />, <Duration from={attempt.startedAt} to={attempt.endedAt} />
              {attempt.end ? `, ${attempt.end}` : ""}
              <ConsoleLinks hideLabel label={`Attempt ${attempt.n} in the AWS console`} links={attempt.links} />
            </li>
          )}
        </For>
      </ol>
    </div>
  )
}
