import { For, type JSX, Show } from "solid-js"
import { consoleLinks } from "#contract/aws-console.ts"
import type { Clanker } from "#contract/clankers.ts"
import { ConsoleLinks } from "../../parts/console-links.tsx"
import { staysInAws } from "../../parts/fact-list.ts"

/** What a deployment made in AWS and nobody but a person removes there, with the ways there. Nothing where it made nothing. */
export function RemainsInAws(props: { clanker: Clanker }): JSX.Element {
  const remains = () => staysInAws(props.clanker.deployment?.facts ?? {})
  const links = () => consoleLinks(props.clanker.deployment?.facts ?? {}).filter(({ name }) => OWN.includes(name))
  return (
    <Show when={remains().length > 0}>
      <p>In AWS there stay, until somebody removes them there:</p>
      <ul class="clanker-remains">
        <For each={remains()}>{(one) => <li>{one}</li>}</For>
      </ul>
      <ConsoleLinks label="In the AWS console" links={links()} />
    </Show>
  )
}
/** The cluster was there before. */
const OWN: readonly string[] = ["Function", "Task definition", "Logs"]
