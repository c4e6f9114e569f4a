// What the job engine costs, each number beside the raw platform's of the same run: the ratio counts, not the machine.
// `npm run bench` is short and keeps its results in .local; `npm run bench -- --full` takes the times that the bounds are
// meant for, writes bench/results/latest.json and the tables of docs/cost.md. `--only <name>` runs one of them (with --full
// it takes that one's place among the results), `--rows` says which statements touched the most rows.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { parseArgs } from "node:util"
import { BENCHES, startWorlds } from "./benches/all.ts"
import { type Compared, missed } from "./benches/bounds.ts"
import { build, ROOT } from "./build.ts"
import { writePages } from "./docs.ts"

const { values } = parseArgs({
  options: { full: { type: "boolean", default: false }, only: { type: "string" }, rows: { type: "boolean", default: false } },
})
const names = Object.keys(BENCHES)
if (values.only !== undefined && !names.includes(values.only)) {
  console.log(`There is no bench "${values.only}": ${names.join(", ")}.`)
  process.exit(64)
}

build()
const state = mkdtempSync(join(tmpdir(), "viberglass-bench-"))
const worlds = await startWorlds(state, values)
const results: Record<string, Compared> = {}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (values.only !== undefined && name !== values.only) continue
  const from = performance.now()
  Object.assign(results, await bench(worlds, values.full))
  console.log(`${name} (${((performance.now() - from) / 1000).toFixed(1)} s)`)
}
await worlds.close()
rmSync(state, { recursive: true, force: true })

const file = join(ROOT, values.full ? "bench/results/latest.json" : ".local/bench/latest.json")
const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`
const others = values.full && values.only !== undefined ? JSON.parse(readFileSync(file, "utf8")) : {}
const report = { ...others, machine, full: values.full, ...results }
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
if (values.full) writePages()
console.log(JSON.stringify(results, null, 2))
const misses = missed(results)
for (const line of misses) console.log(`✗ ${line}`)
console.log(`${misses.length} bounds missed; results in ${file}`)
process.exitCode = misses.length === 0 ? 0 : 1
