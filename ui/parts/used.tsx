import { type JSX, Show } from "solid-js"
import { usageQuery } from "../api/usage.ts"
import { useQuery } from "../api/use-query.ts"
import { dataOf } from "./loaded.tsx"
import { count, dollars, tokens } from "./numbers.ts"

/** What all jobs of a ticket or a schedule used. */
export function UsedBy(props: { of: { ticketId: string } | { scheduleId: string } }): JSX.Element {
  const usage = useQuery(() => usageQuery({ ...props.of, groupBy: "kind" }))
  return (
    <Show when={dataOf(usage)?.total} fallback="…">
      {(total) => (
        <span>
          <UsedWords
            usage={{ ...total(), costUsd: total().unknownCost > 0 && total().costUsd === 0 ? null : total().costUsd }}
            unknown={total().unknownCost > 0}
          />{" "}
          <span class="soft">by {count(total().jobs, "job")}</span>
        </span>
      )}
    </Show>
  )
}

/** "$1.23, 45K tokens", and whether there is more to it that nobody knows. */
export function UsedWords(props: {
  usage: { inputTokens: number; outputTokens: number; costUsd: number | null }
  unknown: boolean
}): JSX.Element {
  const cost = () => (props.usage.costUsd === null ? "Cost unknown" : dollars(props.usage.costUsd))
  const more = () => (props.unknown && props.usage.costUsd !== null ? " and an unknown cost" : "")
  const title = () => `${props.usage.inputTokens} tokens in, ${props.usage.outputTokens} out`
  return (
    <span class="numbers" title={title()}>
      {cost()}
      {more()}, {tokens(props.usage.inputTokens + props.usage.outputTokens)} tokens
    </span>
  )
}
