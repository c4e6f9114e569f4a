import { For, type JSX, Show } from "solid-js"
import type { Clanker } from "#contract/clankers.ts"
import { settingsQuery } from "../../api/settings.ts"
import { useQuery } from "../../api/use-query.ts"
import { Badge, type Tone } from "../../kit/badge.tsx"
import { Copyable } from "../../kit/copy.tsx"
import { Facts } from "../../kit/facts.tsx"
import { Notice } from "../../kit/notice.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import { paths } from "../../paths.ts"
import { fromConfig } from "./config.ts"
import { list } from "./paste.ts"
import { accessOf, logGroupOf, needOf, type Source, type Sourced, sourcesOf } from "./sources.ts"

const WORDS = {
  own: { word: "its own", tone: "busy" },
  installation: { word: "from this installation", tone: "good" },
  made: { word: "from the rest", tone: "quiet" },
  default: { word: "default", tone: "quiet" },
  missing: { word: "missing", tone: "waiting" },
} as const satisfies Record<Source, { word: string; tone: Tone }>

/** What a start of the newest revision would use; nothing for Docker, and until the settings have come. */
export function useSources(clanker: () => Clanker): () => Sourced[] {
  const settings = useQuery(settingsQuery)
  return () => {
    const known = dataOf(settings)
    const read = fromConfig(clanker().deploymentConfig)
    if (known === undefined || read === null || read.computeType === "docker") return []
    return [...sourcesOf(read.computeType, read.values, clanker(), known), logGroupOf(read.computeType, known), accessOf(known)]
  }
}

/** Each value that a start uses, and whose word it is. */
export function SourcesList(props: { sources: readonly Sourced[] }): JSX.Element {
  return <Facts facts={props.sources.map((sourced) => ({ term: sourced.label, value: <SourcedValue sourced={sourced} /> }))} />
}

function SourcedValue(props: { sourced: Sourced }): JSX.Element {
  const lines = () => props.sourced.value.split("\n").filter(Boolean)
  const look = () => WORDS[props.sourced.source]
  return (
    <div class="clanker-sourced">
      <div class="clanker-sourced-value">
        <For each={lines()} fallback={<span class="soft">{nothing(props.sourced)}</span>}>
          {(line) => (
            <Show when={isId(line)} fallback={wordsOf(line)}>
              <Copyable text={line} what={props.sourced.label.toLowerCase()} />
            </Show>
          )}
        </For>
      </div>
      <Badge plain tone={look().tone}>
        {look().word}
      </Badge>
    </div>
  )
}

const nothing = ({ problem, unset }: Sourced): string => (problem === null ? (unset ?? "None") : "Nothing yet")
/** Something that people paste elsewhere. */
const isId = (text: string): boolean => /^\S*[-:/]\S*$/.test(text)
const wordsOf = (text: string): string => (text === "true" ? "Yes" : text === "false" ? "No" : text)

/** What a start would refuse, before anybody tries. */
export function NeedsMore(props: { slug: string; problems: readonly Sourced[] }): JSX.Element {
  return (
    <Notice tone="waiting" title="A start needs more" action={<a href={paths.editClanker(props.slug)}>Edit the clanker</a>}>
      <ul class="clanker-needs">
        <For each={props.problems}>
          {(sourced) => (
            <li>
              {sourced.label}: {needOf(sourced)}.
            </li>
          )}
        </For>
      </ul>
    </Notice>
  )
}

/** Why its newest revision cannot be started; null when nothing is known to stand in its way. */
export const whyNotStart = (sources: readonly Sourced[]): string | null => {
  const needed = sources.filter(({ problem }) => problem !== null)
  return needed.length === 0 ? null : `It still needs: ${list(needed.map(({ label }) => label))}.`
}
