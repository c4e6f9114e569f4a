import { createMemo, createSignal, For, type JSX, onCleanup, onMount, Show } from "solid-js"
import ArrowDown from "lucide-solid/icons/arrow-down"
import { Button } from "../kit/button.tsx"
import { createFollow } from "../kit/follow.ts"
import { Select } from "../kit/select.tsx"
import { TextField } from "../kit/text-field.tsx"
import { ansiToHtml } from "./ansi.ts"
import { type Level, LEVELS, type LogLine } from "./log-lines.ts"
import { exactTime } from "./time.ts"
import "./log-view.css"

/** Every line has this height, so that 200,000 of them need no measuring. The same number is in log-view.css. */
const ROW_PX = 20
const AROUND = 20

interface LogViewProps {
  lines: readonly LogLine[]
  /** Says when `lines` has grown; the array itself stays the same. */
  count: number
  running: boolean
}

/** The raw log: only the lines in sight are in the page. */
export function LogView(props: LogViewProps): JSX.Element {
  const [typed, setTyped] = createSignal("")
  const [level, setLevel] = createSignal<Level>("debug")
  const [top, setTop] = createSignal(0)
  const [height, setHeight] = createSignal(600)

  const isFiltered = () => typed().trim() !== "" || level() !== "debug"
  const found = createMemo(() => {
    const needle = typed().trim().toLowerCase()
    const least = LEVELS.indexOf(level())
    const all = props.lines.slice(0, props.count)
    if (!isFiltered()) return all
    return all.filter((line) => LEVELS.indexOf(line.level) >= least && (needle === "" || line.text.toLowerCase().includes(needle)))
  })
  const first = createMemo(() => Math.max(0, Math.floor(top() / ROW_PX) - AROUND))
  const shown = createMemo(() => found().slice(first(), first() + Math.ceil(height() / ROW_PX) + 2 * AROUND))
  const { follow, following, toEnd } = createFollow({ grown: () => props.count, active: () => props.running })

  let scroller: HTMLDivElement | undefined
  onMount(() => {
    if (!scroller) return
    follow(scroller)
    const element = scroller
    const watch = new ResizeObserver(() => setHeight(element.clientHeight))
    watch.observe(element)
    onCleanup(() => watch.disconnect())
  })
  return (
    <div class="log">
      <div class="log-bar">
        <TextField label="Search in the log" labelHidden type="search" placeholder="Search in the log" value={typed()} onInput={setTyped} />
        <Select
          label="Level"
          labelHidden
          value={level()}
          options={[
            { value: "debug", label: "All levels" },
            { value: "info", label: "Info and above" },
            { value: "warn", label: "Warnings and errors" },
            { value: "error", label: "Errors" },
          ]}
          onChange={setLevel}
        />
        <span class="log-count small soft numbers" role="status">
          {isFiltered()
            ? `${found().length.toLocaleString("en")} of ${props.count.toLocaleString("en")} lines`
            : `${props.count.toLocaleString("en")} lines`}
        </span>
        <Show when={props.running && !following()}>
          <Button size="s" icon={ArrowDown} onClick={toEnd}>
            Follow
          </Button>
        </Show>
      </div>
      <div
        ref={scroller}
        class="log-scroll"
        role="region"
        aria-label="Raw log"
        tabindex="0"
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      >
        <div class="log-rows" style={{ height: `${found().length * ROW_PX}px` }}>
          <div class="log-window" style={{ translate: `0 ${first() * ROW_PX}px` }}>
            <For each={shown()}>{(line) => <Row line={line} />}</For>
          </div>
        </div>
      </div>
      <Show when={found().length === 0}>
        <p class="log-none soft small">
          {isFiltered() ? "No line matches." : props.running ? "Nothing is written yet." : "The log is empty."}
        </p>
      </Show>
    </div>
  )
}

function Row(props: { line: LogLine }): JSX.Element {
  const html = ansiToHtml(props.line.text)
  return (
    <div class="log-row" data-level={props.line.level}>
      <time class="numbers" datetime={props.line.at} title={exactTime(props.line.at)}>
        {props.line.at.slice(11, 19)}
      </time>
      <span class="log-source">{props.line.source}</span>
      {html === null ? <span>{props.line.text}</span> : <span innerHTML={html} />}
    </div>
  )
}
