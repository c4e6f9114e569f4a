// setup-harness-images.sh, with a git, a docker and an aws on the PATH that note what they are asked and remember what was pushed.
import { execFile, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { hasMoto, NO_MOTO, startAws } from "../../testbed/aws.ts"
import { runUpTo } from "../offline.ts"
import { one } from "./seen.ts"

const SCRIPT = fileURLToPath(new URL("../workers/scripts/setup-harness-images.sh", import.meta.url))
const { images }: { images: Record<string, { repository: string; dockerfile: string }> } = JSON.parse(
  readFileSync(new URL("../workers/images.json", import.meta.url), "utf8"),
)
const SELECTORS = Object.keys(images)
const REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0

const SHIMS = {
  git: `case "$*" in *rev-parse*) echo 0123456789ab;; *status*) cat "$STATE/dirty" 2>/dev/null || true;; esac`,
  docker: `
    echo "docker $*" >> "$STATE/calls"
    [ "$1" != login ] || cat > "$STATE/password"
    case "$*" in *"buildx inspect"*) exit 1;; esac
    if [ -f "$STATE/fails" ] && [[ "$*" == *"$(cat "$STATE/fails")"* ]]; then echo "no space left" >&2; exit 1; fi
    [[ "$*" =~ --tag\\ [^\\ ]*/([a-z0-9-]+):(dev-[0-9a-f]+|prod-[0-9a-f]+) ]] && touch "$STATE/\${BASH_REMATCH[1]}:\${BASH_REMATCH[2]}"
    true`,
  aws: `
    echo "aws $*" >> "$STATE/calls"
    case "$2" in
      get-caller-identity) echo 123456789012;;
      get-login-password) echo a-password;;
      describe-repositories) [ -e "$STATE/\${4}" ] || { echo "An error occurred (RepositoryNotFoundException)" >&2; exit 254; };;
      create-repository) touch "$STATE/\${4}";;
      describe-images)
        [ -e "$STATE/\${4}:\${6#imageTag=}" ] || { echo "An error occurred (ImageNotFoundException)" >&2; exit 254; }
        [[ "$*" != *--query* ]] || printf 'sha256:abc\\t123456789\\n';;
    esac`,
}

let state = ""
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "vg-images-"))
  mkdirSync(join(state, "bin"))
  for (const [name, lines] of Object.entries(SHIMS)) writeFileSync(join(state, "bin", name), `#!/bin/bash\n${lines}\n`, { mode: 0o755 })
})
afterEach(() => rmSync(state, { recursive: true }))

const env = () => ({ ...process.env, PATH: `${state}/bin:${process.env["PATH"]}`, STATE: state, AWS_REGION: "eu-west-1" })
const run = (...args: string[]) => spawnSync("/bin/bash", [SCRIPT, ...args, "--summary", `${state}/out`], { encoding: "utf8", env: env() })
const calls = () => (existsSync(join(state, "calls")) ? readFileSync(join(state, "calls"), "utf8").trim().split("\n") : [])
const builds = () => calls().filter((call) => call.startsWith("docker buildx build"))
const summary = () => JSON.parse(readFileSync(join(state, "out/build-summary.json"), "utf8"))

describe("setup-harness-images.sh", () => {
  it("makes the repository, builds, pushes three tags and says so", () => {
    const { status, stdout } = run("dev", "claude")
    expect(status).toBe(0)
    expect(readFileSync(join(state, "password"), "utf8")).toBe("a-password\n")
    expect(calls().join("\n")).not.toContain("a-password")
    const [build = "", ...more] = builds()
    expect(more).toEqual([])
    const image = `${REGISTRY}/viberator-worker-claude`
    for (const part of [
      "--builder viberglass --platform linux/amd64 --provenance=false --sbom=false --push",
      "infra/workers/docker/agents/viberator-worker-claude.Dockerfile --build-arg REVISION=0123456789ab",
      `--cache-from type=registry,ref=${image}:buildcache --cache-to type=registry,ref=${image}:buildcache,mode=max`,
      `--tag ${image}:dev-0123456789ab --tag ${image}:dev-latest --tag ${image}:latest`,
    ])
      expect(build).toContain(part)
    const created = calls().filter((call) => /create-repository|set-repository-policy|put-lifecycle-policy/.test(call))
    expect(created).toHaveLength(3)
    expect(summary()).toEqual({
      ...{ environment: "dev", revision: "0123456789ab", failed: null },
      images: [
        {
          ...{ name: "claude", image, tags: ["dev-0123456789ab", "dev-latest", "latest"] },
          ...{ digest: "sha256:abc", bytes: 123456789, how: "built" },
        },
      ],
    })
    const row = "| claude | built | dev-0123456789ab dev-latest latest | sha256:abc | 123 MB |"
    expect(readFileSync(join(state, "out/build-summary.md"), "utf8")).toContain(row)
    expect(stdout).toContain(row)
  })

  it("builds every image of the catalogue when none is named, in its order", () => {
    expect(run("prod").status).toBe(0)
    expect(builds().map((call) => /--file \S+infra\/workers\/(\S+)/.exec(call)?.[1])).toEqual(
      Object.values(images).map(({ dockerfile }) => dockerfile),
    )
    expect(summary().images.map(({ name }: { name: string }) => name)).toEqual(SELECTORS)
    expect(builds().every((call) => call.includes(":prod-latest"))).toBe(true)
  })

  it("builds nothing twice: what is there gets the tags that move, and its repository stays as it is", () => {
    run("dev", "claude")
    const before = calls().length
    expect(run("dev", "claude").status).toBe(0)
    const second = calls().slice(before)
    const image = `${REGISTRY}/viberator-worker-claude`
    expect(second).toContain(
      `docker buildx imagetools create --prefer-index=false --tag ${image}:dev-latest --tag ${image}:latest ${image}:dev-0123456789ab`,
    )
    expect(second.filter((call) => /buildx build|create-repository|set-repository-policy/.test(call))).toEqual([])
    expect(summary().images).toEqual([expect.objectContaining({ name: "claude", how: "was there" })])
  })

  it("stops at the first failure with its name, and tells what was done before", () => {
    const [first = "", second = ""] = SELECTORS
    writeFileSync(join(state, "fails"), `${images[second]?.dockerfile}`)
    const { status, stderr } = run("dev", "all")
    expect(status).toBe(1)
    expect(stderr).toContain(`no space left\n${second} failed; the images after it were not touched.`)
    expect(builds()).toHaveLength(2)
    expect(summary()).toMatchObject({ failed: second, images: [{ name: first }] })
    expect(readFileSync(join(state, "out/build-summary.md"), "utf8")).toContain(`**${second} failed.**`)
  })

  it("ends in AWS's own words where AWS refuses", () => {
    writeFileSync(
      join(state, "bin/aws"),
      `#!/bin/bash\n[ "$2" = get-caller-identity ] && echo 123456789012 && exit\n[ "$2" = get-login-password ] && echo x && exit\necho AccessDenied: no >&2\nexit 254\n`,
    )
    const { status, stderr } = run("dev", "claude")
    expect(status).toBe(1)
    expect(stderr).toContain("AccessDenied: no\nclaude failed")
    expect(builds()).toEqual([])
  })

  it("tags nothing with a commit that it is not", () => {
    writeFileSync(join(state, "dirty"), " M worker-runtime/run.ts\n")
    const { status, stderr } = run("dev", "claude")
    expect(status).toBe(1)
    expect(stderr).toContain("has changes that are not committed: the tag dev-0123456789ab")
    expect(calls()).toEqual([])
  })

  it("prints every command in a dry run, and calls nothing", () => {
    const { status, stdout } = run("dev", "claude", "--dry-run")
    expect(status).toBe(0)
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(" ").slice(0, 3).join(" ")),
    ).toEqual([
      ...["aws ecr get-login-password", "docker buildx create", "aws ecr create-repository", "aws ecr set-repository-policy"],
      ...["aws ecr put-lifecycle-policy", "docker buildx build"],
    ])
    expect(calls()).toEqual([])
    expect(existsSync(join(state, "out"))).toBe(false)
  })

  it("hands what comes behind -- on to the build", () => {
    spawnSync("/bin/bash", [SCRIPT, "dev", "claude", "--summary", `${state}/out`, "--", "--secret", "id=ca,src=/ca.pem"], { env: env() })
    expect(builds()[0]).toContain("--secret id=ca,src=/ca.pem ")
  })

  it.each([
    [[], 'There is no environment "": dev, prod.'],
    [["staging"], 'There is no environment "staging": dev, prod.'],
    [["dev", "cloude"], `There is no image "cloude": ${SELECTORS.join(" ")}, all.`],
    [["dev", "cl.ude"], 'There is no image "cl.ude"'],
    [["dev", "claude", "codex"], '"codex" means nothing here.'],
    [["dev", "--push"], '"--push" means nothing here.'],
    [["dev", "--summary"], "--summary needs a folder."],
  ])("answers %j with 64 and the list", (args, words) => {
    const { status, stdout, stderr } = spawnSync("/bin/bash", [SCRIPT, ...args], { encoding: "utf8", env: env() })
    expect([status, stdout]).toEqual([64, ""])
    expect(stderr).toContain(words)
    expect(calls()).toEqual([])
  })

  it("is clean for shellcheck", ({ skip }) => {
    skip(!has("shellcheck"), "shellcheck is not installed")
    expect(spawnSync("shellcheck", ["-x", SCRIPT], { cwd: join(import.meta.dirname, "../.."), encoding: "utf8" }).stdout).toBe("")
  })
})

describe("against moto", () => {
  it("makes a repository as the stack does, and reads back what was pushed", async ({ skip }) => {
    skip(!hasMoto || !has("aws"), NO_MOTO)
    const local = await startAws()
    try {
      rmSync(join(state, "bin/aws"))
      // What buildx would push: a manifest. moto reads the filters of moving tags as regular expressions, in which a star alone
      // is an error: what was made is kept aside, and they are taken away.
      const config = { mediaType: "x", size: 1, digest: `sha256:${"a".repeat(64)}` }
      writeFileSync(join(state, "manifest.json"), JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [] }))
      const push = `
        [ "$1" != login ] || cat >/dev/null
        [ "$2" = build ] || exit 0
        named="--repository-name viberator-worker-claude"
        aws ecr describe-repositories --output json > "$STATE/made.json"
        aws ecr put-image-tag-mutability $named --image-tag-mutability MUTABLE >/dev/null
        aws ecr put-image $named --image-tag dev-0123456789ab --image-manifest "$(cat "$STATE/manifest.json")"`
      writeFileSync(join(state, "bin/docker"), `#!/bin/bash\n${push}\n`)
      const known = { AWS_ENDPOINT_URL: local.url, AWS_ACCESS_KEY_ID: "t", AWS_SECRET_ACCESS_KEY: "t", AWS_DEFAULT_REGION: "eu-west-1" }
      const options = { env: { ...env(), ...known, AWS_PAGER: "", AWS_CONFIG_FILE: "/dev/null", AWS_MAX_ATTEMPTS: "1" } }
      const execute = promisify(execFile)
      await execute("/bin/bash", [SCRIPT, "dev", "claude", "--summary", `${state}/out`], options)
      expect(summary().images).toEqual([expect.objectContaining({ digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) })])

      const { workers } = await runUpTo("workers", "dev")
      const byStack = (kind: string) => one(workers, kind, "viberator-worker-claude")
      const { repositories } = JSON.parse(readFileSync(join(state, "made.json"), "utf8"))
      const stack = byStack("Repository")
      expect(repositories.find(({ repositoryName }: { repositoryName: string }) => repositoryName === stack["name"])).toMatchObject({
        imageScanningConfiguration: stack["imageScanningConfiguration"],
        encryptionConfiguration: Object(stack["encryptionConfigurations"])[0],
        imageTagMutability: stack["imageTagMutability"],
        imageTagMutabilityExclusionFilters: stack["imageTagMutabilityExclusionFilters"],
      })
      const text = async (verb: string, query: string) => {
        const args = ["ecr", verb, "--repository-name", "viberator-worker-claude", "--query", query, "--output", "text"]
        return JSON.parse((await execute("aws", args, options)).stdout)
      }
      expect(await text("get-repository-policy", "policyText")).toEqual(JSON.parse(String(byStack("RepositoryPolicy")["policy"])))
      expect(await text("get-lifecycle-policy", "lifecyclePolicyText")).toEqual(JSON.parse(String(byStack("LifecyclePolicy")["policy"])))
    } finally {
      await local.close()
    }
  })
})
