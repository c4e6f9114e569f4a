import { For, type JSX, Show } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import { Notice } from "../../kit/notice.tsx"
import { paths } from "../../paths.ts"
import type { Sourced } from "./sources.ts"
import { NeedsMore } from "./sources-list.tsx"
import { type Advice, adviceOn } from "./step-advice.ts"

/** What one must know about its state; the way on is the first button above. */
export function Situation(props: { clanker: Clanker; problem: string | null; needs: readonly Sourced[] }): JSX.Element {
  const advice = () => adviceOn(props.clanker.deployment?.steps.find(({ state }) => state === "failed") ?? { name: "" })
  const leads = () => (advice()?.to === "start" ? null : advice())
  return (
    <>
      <Show when={props.needs.length > 0}>
        <NeedsMore slug={props.clanker.slug} problems={props.needs} />
      </Show>
      <Show when={props.problem}>
        {(problem) => (
          <Notice tone="bad" title="It was not started">
            <p>{problem()}</p>
          </Notice>
        )}
      </Show>
      <Show when={props.clanker.status === "failed"}>
        <Notice tone="bad" title="The last start failed" action={leads() ? <Way advice={leads()} slug={props.clanker.slug} /> : undefined}>
          <p>{props.clanker.statusMessage ?? "It gave no reason."}</p>
          <Show when={advice()}>{(given) => <p>{given().words}</p>}</Show>
          <Show when={props.clanker.servingRevision}>
            {(revision) => <p class="small">Revision {revision()} goes on serving jobs as before.</p>}
          </Show>
        </Notice>
      </Show>
      <For each={props.clanker.warnings}>
        {({ message }) => (
          <Notice tone="waiting">
            <p>{message}</p>
          </Notice>
        )}
      </For>
      <Show when={props.clanker.changesPending && props.clanker.status === "active"}>
        <Notice tone="waiting" title="Changes pending">
          <p>
            Revision {props.clanker.revision} is saved; jobs use revision {props.clanker.servingRevision} until it is started again.
          </p>
        </Notice>
      </Show>
      <Show when={props.clanker.status === "inactive"}>
        <Notice tone="quiet">
          <p>It takes no jobs: a ticket or a project can use it after a start.</p>
        </Notice>
      </Show>
    </>
  )
}

/** Where the advice is followed; the start button stands above. */
function Way(props: { advice: Advice | null; slug: string }): JSX.Element {
  return (
    <>
      <Show when={props.advice?.to === "form"}>
        <a href={paths.editClanker(props.slug)}>Edit the clanker</a>
      </Show>
      <Show when={props.advice?.to === "settings"}>
        <a href={paths.settings()}>Check AWS access</a>
      </Show>
    </>
  )
}
