import { type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import Check from "lucide-solid/icons/check"
import LoaderCircle from "lucide-solid/icons/loader-circle"
import X from "lucide-solid/icons/x"
import type { Icon } from "../kit/icon.ts"
import { Code } from "../kit/code.tsx"
import { Duration } from "./duration.tsx"
import type { Block } from "./job-blocks.ts"
import "./tool-call.css"

type Tool = Extract<Block, { kind: "tool" }>
const LOOKS = {
  started: { icon: LoaderCircle, tone: "busy", word: "running" },
  finished: { icon: Check, tone: "good", word: "finished" },
  failed: { icon: X, tone: "bad", word: "failed" },
} as const satisfies Record<Tool["state"], { icon: Icon; tone: string; word: string }>

/** One call of a tool: a line, and on demand what went in and what came out. */
export function ToolCall(props: { tool: Tool }): JSX.Element {
  const look = () => LOOKS[props.tool.state]
  const input = () => (props.tool.input === null ? null : writeInput(props.tool.input))
  return (
    <details class="tool" data-tone={look().tone}>
      <summary>
        <Dynamic component={look().icon} size={14} aria-hidden="true" data-turning={props.tool.state === "started" ? "" : undefined} />
        <span class="visually-hidden">{look().word}:</span>
        <span class="tool-name">{props.tool.name}</span>
        <code class="tool-about">{aboutOf(props.tool.input)}</code>
        <Show when={props.tool.exitCode}>{(code) => <span class="tool-exit">exit code {code()}</span>}</Show>
        <span class="tool-time">
          <Duration from={props.tool.startedAt === props.tool.endedAt ? null : props.tool.startedAt} to={props.tool.endedAt} />
        </span>
      </summary>
      <div class="tool-body">
        <Show when={input()}>{(text) => <Labelled label="Input" text={text()} />}</Show>
        <Show
          when={props.tool.output}
          fallback={<p class="small soft">{props.tool.state === "started" ? "No output yet." : "No output."}</p>}
        >
          {(text) => <Labelled label="Output" text={text()} />}
        </Show>
      </div>
    </details>
  )
}

function Labelled(props: { label: string; text: string }): JSX.Element {
  return (
    <div class="stack" style={{ "--gap": "var(--space-1)" }}>
      <span class="small soft">{props.label}</span>
      <Code text={props.text} label={props.label} copy wrap />
    </div>
  )
}

/** What a call is about, in a few words: tools name it differently. */
const TELLING = ["command", "filePath", "file_path", "path", "pattern", "query", "url", "description"]

function aboutOf(input: unknown): string {
  if (typeof input === "string") return input
  if (typeof input !== "object" || input === null) return ""
  const entries = new Map(Object.entries(input))
  const key = TELLING.find((name) => typeof entries.get(name) === "string")
  // The run's own folder is long and says nothing.
  return key === undefined ? "" : String(entries.get(key)).replace(/^\/\S*?\/(?:repo\/|(?=output\/))/, "")
}

const writeInput = (input: unknown): string => (typeof input === "string" ? input : JSON.stringify(input, null, 2).replaceAll("\\n", "\n"))
