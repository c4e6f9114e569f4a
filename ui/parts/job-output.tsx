import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from "solid-js"
import ArrowDown from "lucide-solid/icons/arrow-down"
import Info from "lucide-solid/icons/info"
import { Button } from "../kit/button.tsx"
import { createFollow } from "../kit/follow.ts"
import type { LiveState } from "../api/live.ts"
import type { Block } from "./job-blocks.ts"
import type { JobStream, LiveBlock } from "./job-stream.ts"
import { Markdown } from "./markdown.tsx"
import { ToolCall } from "./tool-call.tsx"
import "./job-output.css"

/** More blocks than this at once make a page slow; earlier ones are a click away. */
const STEP = 200

/** What the agent says and does, as it happens. `running` decides what an empty output means. */
export function JobOutput(props: { stream: JobStream; running: boolean; tall?: boolean | undefined }): JSX.Element {
  const [extra, setExtra] = createSignal(0)
  const start = createMemo(() => Math.max(0, Math.floor(props.stream.blocks().length / STEP) * STEP - STEP - extra()))
  const shown = () => props.stream.blocks().slice(start())
  const { follow, following, toEnd } = createFollow({ grown: props.stream.lineCount, active: () => props.running })
  return (
    <div class="job-output" data-tall={props.tall ? "" : undefined}>
      <div ref={follow} class="job-output-scroll" role="log" aria-label="What the agent says and does" aria-live="off" tabindex="0">
        <Show when={start() > 0}>
          <Button size="s" onClick={() => setExtra((n) => n + STEP)}>
            Show {STEP} earlier of {start()}
          </Button>
        </Show>
        <For
          each={shown()}
          fallback={<p class="soft">{props.running ? "Waiting for the agent's first words…" : "The agent said nothing."}</p>}
        >
          {(block) => <BlockView block={block} />}
        </For>
        <Show when={props.running && shown().length > 0}>
          <p class="job-output-cursor" aria-hidden="true" />
        </Show>
      </div>
      <div class="job-output-foot">
        <LiveWord state={props.stream.state()} />
        <Show when={props.running && !following()}>
          <Button size="s" icon={ArrowDown} onClick={toEnd}>
            Follow
          </Button>
        </Show>
      </div>
    </div>
  )
}

const WORDS = {
  connecting: null,
  open: null,
  waiting: "Reconnecting… nothing is lost.",
  behind: "Catching up…",
  ended: null,
  gone: "This job was deleted.",
} as const satisfies Record<LiveState, string | null>

export function LiveWord(props: { state: LiveState }): JSX.Element {
  return (
    <span class="small soft" role="status">
      {WORDS[props.state]}
    </span>
  )
}

function BlockView(props: { block: LiveBlock }): JSX.Element {
  const block = () => props.block.read()
  const of = <K extends Block["kind"]>(kind: K) => narrow(block(), kind)
  return (
    <Switch>
      <Match when={of("prose")}>{(prose) => <Markdown text={prose().text} />}</Match>
      <Match when={of("reasoning")}>
        {(thought) => (
          <details class="reasoning">
            <summary>Thought</summary>
            <p>{thought().text}</p>
          </details>
        )}
      </Match>
      <Match when={of("tool")}>{(tool) => <ToolCall tool={tool()} />}</Match>
      <Match when={of("plan")}>{(plan) => <PlanView items={plan().items} />}</Match>
      <Match when={of("notice")}>
        {(notice) => (
          <p class="job-notice">
            <Info size={14} aria-hidden="true" />
            <span>
              {notice().text} <span class="faint">({notice().code})</span>
            </span>
          </p>
        )}
      </Match>
      <Match when={of("mark")}>
        {(mark) => (
          <p class="mark" data-tone={mark().tone}>
            <Show when={mark().href} fallback={mark().text}>
              {(href) => (
                <a href={href()} target="_blank" rel="noreferrer">
                  {mark().text}
                </a>
              )}
            </Show>
          </p>
        )}
      </Match>
    </Switch>
  )
}

function PlanView(props: { items: Extract<Block, { kind: "plan" }>["items"] }): JSX.Element {
  return (
    <ol class="plan" aria-label="The agent's plan">
      <For each={props.items}>
        {(item) => (
          <li data-state={item.state}>
            <span aria-hidden="true">{item.state === "done" ? "✓" : item.state === "active" ? "▸" : "○"}</span>
            {item.text}
            <span class="visually-hidden"> ({item.state})</span>
          </li>
        )}
      </For>
    </ol>
  )
}

type BlockOf<K extends Block["kind"]> = Extract<Block, { kind: K }>
function narrow<K extends Block["kind"]>(block: Block, kind: K): BlockOf<K> | null {
  return is(block, kind) ? block : null
}
const is = <K extends Block["kind"]>(block: Block, kind: K): block is BlockOf<K> => block.kind === kind
