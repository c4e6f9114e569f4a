// Types, lint, format, sizes and the pure tests: under 30 seconds, run it all day.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { ROOT } from "./build.ts"
import { INFRA_TYPES, infraIsInstalled } from "./infra.ts"

export interface Step {
  name: string
  command: string[]
}
const bin = (path: string) => [process.execPath, `node_modules/${path}`]

export const CHECKS: Step[] = [
  { name: "types", command: [...bin("typescript/bin/tsc"), "-b"] },
  { name: "types of the edge tests", command: [...bin("typescript/bin/tsc"), "-p", "control-plane/test"] },
  { name: "lint and sizes", command: [...bin("oxlint/bin/oxlint"), "--type-aware", "--deny-warnings"] },
  { name: "format", command: [...bin("oxfmt/bin/oxfmt"), "--check", "."] },
]
const UNIT: Step = { name: "unit tests", command: [...bin("vitest/vitest.mjs"), "run", "--project", "unit", "--reporter", "dot"] }

/** Runs one step, silent when it passes; says what it printed when it does not. */
export function runStep({ name, command: [program = "", ...args] }: Step): boolean {
  const startedAt = Date.now()
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
  const passed = status === 0
  console.log(`${passed ? "✓" : "✗"} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
  if (!passed) console.log(`${stdout}\n${stderr}`)
  return passed
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Where they are installed: npm test installs what they need, a check that is run all day does not.
  const infra = infraIsInstalled() ? [INFRA_TYPES] : []
  const failed = [...CHECKS, ...infra, UNIT].filter((step) => !runStep(step)).length
  process.exitCode = failed === 0 ? 0 : 1
}
