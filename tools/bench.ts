// What the job engine costs, each number beside the raw platform's of the same run: the ratio counts, not the machine.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { type Numbers, pages, round, throughput, timed, visible } from "./benches/measure.ts"
import { startEngine } from "./benches/engine.ts"
import { startRaw } from "./benches/raw.ts"
import { build, ROOT } from "./build.ts"
import { serve } from "./serve.ts"

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 5)
const VIEWS = { times: 200, viewers: 1 }
const CROWD = { times: 50, viewers: 100 }
const LOG = { events: 200_000, times: 60 }
const DISPATCHES = 40

build()
const state = mkdtempSync(join(tmpdir(), "viberglass-bench-"))
const control = await serve({ state: join(state, "ours") })
const raw = await startRaw(join(state, "raw"))
const engine = await startEngine(control.url, (await control.createAdmin("bench@example.test")).token)

const tickets: string[] = []
for (let turn = 0; turn < DISPATCHES; turn++) tickets.push(await engine.ticket())
const dispatcher = await raw.dispatcher()
const target = await engine.target(await engine.ticket())
const results = {
  at: new Date().toISOString(),
  machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`,
  eventsStored: await compare(
    "perSecond",
    () => throughput(target, SECONDS),
    () => throughput(raw.target, SECONDS),
  ),
  emitToViewerMs: await compare(
    "p50",
    () => visible(target, VIEWS),
    () => visible(raw.target, VIEWS),
  ),
  emitTo100ViewersMs: await compare(
    "p95",
    () => visible(target, CROWD),
    () => visible(raw.target, CROWD),
  ),
  pageOfALongLogMs: await compare(
    "p50",
    () => pages(target, LOG),
    () => pages(raw.target, LOG),
  ),
  requestToClaimMs: await compare(
    "p50",
    () => timed(DISPATCHES, (turn) => engine.dispatch(tickets[turn] ?? "").then((job) => () => engine.finish(job))),
    () => timed(DISPATCHES, () => dispatcher.dispatch().then(() => async () => undefined)),
  ),
}
console.log(JSON.stringify(results, null, 2))
writeFileSync(join(ROOT, "bench/results/latest.json"), `${JSON.stringify(results, null, 2)}\n`)

engine.close()
dispatcher.close()
await Promise.all([control.close(), raw.close()])
rmSync(state, { recursive: true, force: true })

/** Ours between two runs of the baseline, of which the better one counts. */
async function compare(
  key: string,
  ours: () => Promise<Numbers>,
  theirs: () => Promise<Numbers>,
): Promise<{ ours: Numbers; raw: Numbers; oursToRaw: number }> {
  const before = await theirs()
  const mine = await ours()
  const after = await theirs()
  const higherIsBetter = key === "perSecond"
  const better = (before[key] ?? 0) > (after[key] ?? 0) === higherIsBetter ? before : after
  return { ours: mine, raw: better, oursToRaw: round((mine[key] ?? 0) / (better[key] ?? 1)) }
}
