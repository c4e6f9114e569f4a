// Everything, suite after suite (two cores: side by side they would only time each other out). The last line is the sum.
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { hasProgram } from "../testbed/docker.ts"
import { build, ROOT } from "./build.ts"
import { findChromium } from "./browser.ts"
import { CHECKS, runStep } from "./check.ts"
import { INFRA_TYPES, installInfra } from "./infra.ts"

const SUITES = ["unit", "edge", "infra", "worker", "end-to-end"] as const
interface Sum {
  passed: number
  failed: number
  skipped: string[]
}
interface Report {
  numPassedTests: number
  numFailedTests: number
  success: boolean
  testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[]
}

/** Real parts that no set-up here can install: where they are missing it is said, and nothing fails for it. */
const NOT_INSTALLED_HERE: Readonly<Record<string, string>> = {
  "infra: against moto": "moto or AWS's command line tool is not installed (pip install 'moto[server]' awscli)",
  "worker: against moto": "moto is not installed (pip install 'moto[server]')",
  "end-to-end: against moto": "moto is not installed (pip install 'moto[server]')",
  "end-to-end: AWS in containers (moto": "pip install 'moto[server]'",
  "worker: in namespaces of Linux": "unshare and mount are not allowed here (root, and no container that forbids them)",
}
const reasonOf = (name: string): string | undefined => Object.entries(NOT_INSTALLED_HERE).find(([suite]) => name.startsWith(suite))?.[1]

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !SUITES.some((suite) => suite === name))
if (unknown) {
  console.log(`There is no suite "${unknown}": ${SUITES.join(", ")}.`)
  process.exit(64)
}
const sum: Sum = { passed: 0, failed: 0, skipped: [] }
if (wanted.length === 0) for (const step of CHECKS) sum[runStep(step) ? "passed" : "failed"]++
if (wanted.length === 0 || wanted.includes("infra")) {
  await installInfra()
  sum[runStep(INFRA_TYPES) ? "passed" : "failed"]++
}
ensurePackages()
build()
for (const suite of SUITES.filter((name) => wanted.length === 0 || wanted.includes(name))) run(suite, sum)

for (const name of sum.skipped) console.log(`skipped: ${name}${reasonOf(name) ? ` (${reasonOf(name)})` : ""}`)
const needed = sum.skipped.filter((name) => reasonOf(name) === undefined)
if (process.env["REQUIRE_ALL"] === "1" && needed.length > 0) {
  console.log("REQUIRE_ALL is set: what was skipped counts as failed.")
  sum.failed += needed.length
}
console.log(`${sum.passed} passed, ${sum.failed} failed`)
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1

/** Debian's packages that tests need, where they may be installed: which suite, and how to see that it is there. */
function ensurePackages(): void {
  const packages = [
    { name: "chromium", suites: ["end-to-end"], there: () => findChromium() !== null, otherwise: "install it, or set CHROME_PATH" },
    { name: "git-lfs", suites: ["worker"], there: () => spawnSync("git", ["lfs", "version"]).status === 0, otherwise: "install it" },
    { name: "shellcheck", suites: ["infra"], there: () => hasProgram("shellcheck"), otherwise: "install it" },
    // An engine of our own for images and containers, and a base for them where no registry of images can be reached.
    ...Object.entries({ "docker.io": "dockerd", "docker-compose": "docker-compose", debootstrap: "debootstrap" }).map(
      ([name, program]) => ({
        ...{ name, suites: ["worker", "end-to-end"], there: () => hasProgram(program), otherwise: "install it" },
      }),
    ),
  ]
  const missing = packages.filter(
    ({ suites, there }) => (wanted.length === 0 || suites.some((suite) => wanted.includes(suite))) && !there(),
  )
  if (missing.length === 0) return
  console.log(`Not here: ${missing.map(({ name }) => name).join(", ")}. Installing Debian's …`)
  const apt = (...args: string[]) =>
    spawnSync("apt-get", [...args], { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } })
      .status === 0
  if (apt("update")) apt("install", "-y", "--no-install-recommends", ...missing.map(({ name }) => name))
  for (const { name, suites, otherwise } of missing.filter(({ there }) => !there()))
    console.log(`${name} could not be installed, and tests of ${suites.join(" and ")} will fail or be skipped: ${otherwise}.`)
}

function run(suite: string, into: Sum): void {
  const file = join(ROOT, ".local/test-results", `${suite}.json`)
  mkdirSync(join(ROOT, ".local/test-results"), { recursive: true })
  rmSync(file, { force: true })
  const args = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--project",
    suite,
    "--reporter",
    "default",
    "--reporter",
    "json",
    "--outputFile.json",
    file,
  ]
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, VIBERGLASS_BUILT: "1" } })
  const report = read(file)
  if (!report) return void into.failed++
  into.passed += report.numPassedTests
  into.failed += report.numFailedTests
  // A suite that broke outside a test (an import, an unhandled error) has failed even with every test green.
  if (status !== 0 && report.numFailedTests === 0) into.failed++
  for (const { assertionResults } of report.testResults)
    for (const { status: seen, fullName } of assertionResults)
      if (seen === "skipped" || seen === "pending" || seen === "todo") into.skipped.push(`${suite}: ${fullName}`)
}

function read(file: string): Report | null {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch (error) {
    console.log(`no report of the tests: ${String(error)}`)
    return null
  }
}
