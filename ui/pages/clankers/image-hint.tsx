import { type JSX, Show } from "solid-js"
import { type Agent, AGENTS, lacksAgent } from "#contract/agents.ts"
import { hostsQuery } from "../../api/hosts.ts"
import { useQuery } from "../../api/use-query.ts"
import { Notice } from "../../kit/notice.tsx"
import { dataOf } from "../../parts/loaded.tsx"
import type { Draft } from "./draft.ts"

/** Says so when the image that was typed is one of ours, and comes without the agent. */
export function ImageHint(props: { agents: readonly Agent[]; draft: Pick<Draft, "agent" | "computeType" | "config"> }): JSX.Element {
  const hosts = useQuery(hostsQuery)
  /** Every host that could run it starts plain processes, which need no image. */
  const isIgnored = () => {
    const { computeType, config } = props.draft
    const { hostId = "" } = config.docker
    const able = (dataOf(hosts)?.items ?? []).filter(({ id, connected }) => connected && (hostId === "" || id === hostId))
    return computeType === "docker" && able.length > 0 && able.every(({ engine }) => engine?.kind === "process")
  }
  const lacking = () => {
    const { agent, computeType, config } = props.draft
    const { imageUri = "", containerImage = "" } = config[computeType]
    const image = (computeType === "lambda" ? imageUri : containerImage).trim()
    return image !== "" && !isIgnored() && lacksAgent(image, agent, props.agents) ? image : null
  }
  const carriers = () => props.agents.find(({ slug }) => slug === props.draft.agent)?.images ?? []
  return (
    <Show when={lacking()}>
      {(image) => (
        <Notice tone="waiting" title={`${AGENTS[props.draft.agent].name} is not in this image`}>
          <p>
            {image()} is known to come without it: its jobs would fail. These carry it: {carriers().join(", ")}.
          </p>
        </Notice>
      )}
    </Show>
  )
}
