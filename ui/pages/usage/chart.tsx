import uPlot from "uplot"
import "uplot/dist/uPlot.min.css"
import { createEffect, type JSX, on, onCleanup, onMount } from "solid-js"
import type { Usage } from "#contract/usage.ts"
import { dollars, tokens } from "../../parts/numbers.ts"
import { perDay } from "./per-day.ts"

const HEIGHT = 240

/** Cost and tokens of each day. Who cannot see it reads the table below. */
export default function UsageChart(props: { usage: Usage }): JSX.Element {
  let place: HTMLDivElement | undefined
  onMount(() => {
    const box = place
    if (!box) return
    let chart: uPlot | null = null
    const draw = () => {
      chart?.destroy()
      chart = new uPlot(optionsFor(box), perDay(props.usage), box)
    }
    createEffect(on(() => props.usage, draw))
    const resize = new ResizeObserver(() => chart?.setSize({ width: box.clientWidth, height: HEIGHT }))
    resize.observe(box)
    // The colours are those of the theme at the time of drawing.
    const theme = new MutationObserver(draw)
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] })
    const dark = matchMedia("(prefers-color-scheme: dark)")
    dark.addEventListener("change", draw)
    onCleanup(() => {
      resize.disconnect()
      theme.disconnect()
      dark.removeEventListener("change", draw)
      chart?.destroy()
    })
  })
  return <div ref={place} class="usage-chart" role="img" aria-label="Cost and tokens of each day; the table below has the numbers" />
}

function optionsFor(box: HTMLElement): uPlot.Options {
  const [ink, line, cost, used] = coloursOf(box)
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, font: "12px sans-serif" }
  const bars = uPlot.paths.bars?.({ size: [0.7, 28] })
  return {
    width: box.clientWidth,
    height: HEIGHT,
    // Days are UTC: no browser's zone may move one.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: { x: { time: true }, cost: { range: fromZero }, tokens: { range: fromZero } },
    series: [
      { label: "Day", value: "{YYYY}-{MM}-{DD}" },
      {
        label: "Cost",
        scale: "cost",
        stroke: cost,
        fill: cost,
        ...(bars ? { paths: bars } : {}),
        points: { show: false },
        value: (_, at) => said(at, dollars),
      },
      { label: "Tokens", scale: "tokens", stroke: used, width: 2, points: { show: true, size: 5 }, value: (_, at) => said(at, tokens) },
    ],
    axes: [
      { ...axis, values: (_, days) => days.map((at) => dayWords.format(new Date(at * 1000))) },
      { ...axis, scale: "cost", size: 64, values: (_, ticks) => ticks.map(dollars) },
      { ...axis, scale: "tokens", side: 1, size: 56, grid: { show: false }, values: (_, ticks) => ticks.map(tokens) },
    ],
  }
}

const dayWords = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" })
const said = (value: number | null, say: (value: number) => string): string => (value === null ? "–" : say(value))
const fromZero = (_: uPlot, __: number, most: number | null): [number, number] => [0, most ? most * 1.1 : 1]

/** A canvas knows no custom properties, and no `light-dark()`: a probe tells what they are here and now. */
function coloursOf(box: HTMLElement): [string, string, string, string] {
  const colour = (token: string) => {
    // A new one for each: a change of colour may be a transition, which begins with the old one.
    const probe = document.createElement("span")
    probe.style.color = `var(${token})`
    box.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }
  return [colour("--ink-soft"), colour("--line"), colour("--accent"), colour("--waiting")]
}
