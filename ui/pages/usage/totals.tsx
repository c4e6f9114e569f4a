import { For, type JSX, Show } from "solid-js"
import type { UsageSums } from "#contract/usage.ts"
import { count, dollars, tokens } from "../../parts/numbers.ts"
import { durationOf } from "../../parts/time.ts"

export function Totals(props: { total: UsageSums }): JSX.Element {
  const figures = (): { term: string; value: string; note?: string }[] => {
    const { jobs, inputTokens, outputTokens, costUsd, unknownCost, computeMs } = props.total
    return [
      {
        term: "Cost",
        value: unknownCost > 0 && costUsd === 0 ? "Unknown" : dollars(costUsd),
        ...(unknownCost > 0 ? { note: `${costUsd > 0 ? "and " : ""}${count(unknownCost, "job")} whose cost nobody knows` } : {}),
      },
      { term: "Jobs", value: String(jobs), note: successOf(props.total) },
      { term: "Tokens", value: tokens(inputTokens + outputTokens), note: `${tokens(inputTokens)} in, ${tokens(outputTokens)} out` },
      { term: "Time of workers", value: durationOf(computeMs) },
    ]
  }
  return (
    <dl class="usage-totals">
      <For each={figures()}>
        {({ term, value, note }) => (
          <div>
            <dt class="small soft">{term}</dt>
            <dd>
              <strong class="numbers">{value}</strong>
              <Show when={note}>{(text) => <span class="small soft">{text()}</span>}</Show>
            </dd>
          </div>
        )}
      </For>
    </dl>
  )
}

function successOf(total: UsageSums): string {
  const rate = successRate(total)
  return rate === null ? "none has ended" : `${rate} succeeded`
}

/** Of those that ended one way or the other; who cancels a job says nothing about it. */
export function successRate({ succeeded, failed }: Pick<UsageSums, "succeeded" | "failed">): string | null {
  const ended = succeeded + failed
  return ended === 0 ? null : `${Math.round((succeeded / ended) * 100)} %`
}
