import { type JSX, Show } from "solid-js"
import type { Usage, UsageGroup } from "#contract/usage.ts"
import { type Column, Table } from "../../kit/table.tsx"
import { dollars, tokens } from "../../parts/numbers.ts"
import { durationOf } from "../../parts/time.ts"
import { KIND_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import { successRate } from "./totals.tsx"

type Item = Usage["items"][number]

const WHERE: Partial<Record<UsageGroup, (key: string) => string>> = {
  project: paths.project,
  ticket: paths.ticket,
  clanker: paths.clanker,
  day: (day) => paths.usage({ from: day, to: day }),
}
const isKind = (key: string): key is keyof typeof KIND_WORDS => key in KIND_WORDS

export function UsageTable(props: { label: string; head: string; usage: Usage }): JSX.Element {
  const name = ({ key, label }: Item) => (props.usage.groupBy === "kind" && key !== null && isKind(key) ? KIND_WORDS[key] : label)
  const href = ({ key, label }: Item) => (key === null || label.startsWith("A deleted") ? undefined : WHERE[props.usage.groupBy]?.(key))
  const columns = (): readonly Column<Item>[] => [
    {
      header: props.head,
      grow: true,
      cell: (item) => (
        <Show when={href(item)} fallback={name(item)}>
          {(address) => <a href={address()}>{name(item)}</a>}
        </Show>
      ),
    },
    { header: "Jobs", align: "end", cell: ({ jobs }) => <span class="numbers">{jobs}</span> },
    { header: "Succeeded", align: "end", hideWhen: "medium", cell: (item) => <span class="numbers soft">{successRate(item) ?? "–"}</span> },
    {
      header: "Tokens",
      align: "end",
      hideWhen: "narrow",
      cell: ({ inputTokens, outputTokens }) => <span class="numbers">{tokens(inputTokens + outputTokens)}</span>,
    },
    {
      header: "Time",
      align: "end",
      hideWhen: "medium",
      cell: ({ computeMs }) => <span class="numbers soft">{durationOf(computeMs)}</span>,
    },
    { header: "Cost", align: "end", cell: (item) => <Cost item={item} /> },
  ]
  return <Table label={props.label} columns={columns()} rows={props.usage.items} />
}

function Cost(props: { item: Item }): JSX.Element {
  const unknown = () => props.item.unknownCost
  return (
    <span class="numbers">
      <Show when={unknown() === 0 || props.item.costUsd > 0} fallback={<span class="soft">unknown</span>}>
        {dollars(props.item.costUsd)}
        <Show when={unknown() > 0}>
          <span class="soft" title={`Of ${unknown()} of its jobs the cost is unknown.`}>
            {" "}
            + ?
          </span>
        </Show>
      </Show>
    </span>
  )
}
