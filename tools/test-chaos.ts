// Real workers against a real control plane through a seeded fault proxy, with SIGKILLs of both and of the host: `npm run test:chaos -- --runs 200 --seed 1`.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { ROOT } from "./build.ts"
import { startChaos } from "./chaos/harness.ts"
import { chaosRun, type Outcome } from "./chaos/run.ts"

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    save: { type: "boolean", default: false },
  },
})
const [runs, seed] = [Number(values.runs), Number(values.seed)]
console.log(`${runs} runs from seed ${seed}; one alone again: npm run test:chaos -- --runs 1 --seed <its seed>`)
const chaos = await startChaos()
const outcomes: Outcome[] = []
for (let run = 0; run < runs; run++) {
  const outcome = await chaosRun(chaos, seed + run)
  outcomes.push(outcome)
  const { problems, attempts, killed, restarted, hostKilled, events, ms } = outcome
  console.log(
    `${problems.length === 0 ? "✓" : "✗"} ${outcome.seed}: ${attempts} attempt(s)${killed ? ", worker killed" : ""}${restarted ? ", control plane killed" : ""}${hostKilled ? ", host killed" : ""}, ${events} events, ${ms} ms ${problems.join("; ")}`,
  )
}
const failed = outcomes.filter(({ problems }) => problems.length > 0)
const sum = {
  at: new Date().toISOString(),
  ...{ runs, seed, failed: failed.length },
  workersKilled: outcomes.filter(({ killed }) => killed).length,
  controlPlaneKilled: outcomes.filter(({ restarted }) => restarted).length,
  hostKilled: outcomes.filter(({ hostKilled }) => hostKilled).length,
  secondAttempts: outcomes.filter(({ attempts }) => attempts > 1).length,
  requests: chaos.proxy.counts,
  outcomes,
}
if (values.save) writeFileSync(join(ROOT, "bench/results/chaos.json"), `${JSON.stringify(sum, null, 1)}\n`)
await chaos.close()
console.log(`${runs - failed.length} passed, ${failed.length} failed`)
process.exit(failed.length === 0 ? 0 : 1)
