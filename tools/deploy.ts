// `npm run deploy -- <dev|prod>`: builds, brings D1 up to date, puts the Worker live and asks it how it is. A Worker that is
// not well within a minute goes back to the version before. docs/deploy.md says what it wants to be told.
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm"
import { z } from "zod"
import { ROOT } from "./build.ts"
import {
  type Environment,
  main,
  readEnvironment,
  Refusal,
  remoteDatabase,
  setupLink,
  WORKERS,
  wrangler,
  wranglerJson,
} from "./cloudflare.ts"
import { type Built, configured, readTarget, SECRET_LINES, type Target } from "./deploy-config.ts"

const HEALTHY_WITHIN_MS = Number(process.env["HEALTHY_WITHIN_MS"] ?? 60_000)
const PAUSE_MS = 2000
const builtSchema = z.looseObject({
  name: z.string(),
  vars: z.record(z.string(), z.string()),
  d1_databases: z.array(z.looseObject({ database_id: z.string() })),
})
const secretsSchema = z.array(z.object({ name: z.string() }))
const say = (line: string) => console.log(line)

await main(async () => {
  const environment = readEnvironment(process.argv[2], "deploy")
  const target = readTarget(process.env)
  if (Array.isArray(target)) throw new Refusal(["The deploy needs to be told more:", ...target.map((line) => `  ${line}`)].join("\n"))
  const name = WORKERS[environment]
  refuseWithoutSecrets(environment, target)
  target.vars["MANAGED_DEFAULTS"] ??= await managedDefaults(environment)

  say(`Building for ${environment} …`)
  const config = buildFor(environment)
  const database = remoteDatabase(environment, { make: true })
  ensureBucket(name)
  const release = releaseName()
  const built: z.infer<typeof builtSchema> & Built = builtSchema.parse(JSON.parse(readFileSync(config, "utf8")))
  if (built.name !== name) throw new Refusal(`The build is one of ${built.name}, not of ${name}.`)
  writeFileSync(config, JSON.stringify(configured(built, target, { databaseId: database.id, release })))

  say("Bringing the database up to date …")
  // Additive first: the version that still serves works with the newer schema, and so does a rollback.
  database.migrate()
  say(`Deploying ${name} ${release} …`)
  wrangler("deploy", "--config", config, "--message", release)
  await refuseUnwell(name, target.url, release)
  say(`${target.url} is up, release ${release}.`)
  const link = setupLink(database, target.url)
  if (link !== null) say(`Make the first admin within 24 hours: ${link}`)
})

/** Beside what `npm start` runs; answers the configuration that wrangler is to take. */
function buildFor(environment: Environment): string {
  const folder = join(ROOT, ".local/deploy", environment)
  const env = { ...process.env, NODE_ENV: "production", CLOUDFLARE_ENV: environment }
  const args = ["node_modules/vite/bin/vite.js", "build", "--config", "ui/vite.config.ts", "--outDir", folder, "--logLevel", "warn"]
  execFileSync(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] })
  return join(folder, "viberglass/wrangler.json")
}

/** A Worker without its keys refuses to serve: better said before anything is changed. */
function refuseWithoutSecrets(environment: Environment, { secrets }: Target): void {
  const known = knownSecrets(WORKERS[environment])
  const missing = secrets.filter((name) => !known.includes(name))
  if (missing.length === 0) return
  throw new Refusal(
    [`The Worker lacks secrets. Put them there, and keep a copy of MASTER_KEYS where you keep such things:`]
      .concat(missing.map((name) => `  ${SECRET_LINES[name]?.(environment) ?? name}`))
      .join("\n"),
  )
}

function knownSecrets(name: string): string[] {
  try {
    return wranglerJson(secretsSchema, "secret", "list", "--name", name, "--format", "json").map((secret) => secret.name)
  } catch (error) {
    // A Worker that was never there has none; every other refusal stands.
    if (error instanceof Refusal && /\b10007\b/.test(error.message)) return []
    throw error
  }
}

/** What the workers stack wrote down for clankers; without a region there is no AWS to ask. */
async function managedDefaults(environment: Environment): Promise<string> {
  const region = process.env["AWS_REGION"]
  if (!region) return "{}"
  const Name = `/viberglass/${environment}/managed-defaults`
  try {
    const { Parameter } = await new SSMClient({ region }).send(new GetParameterCommand({ Name }))
    return Parameter?.Value ?? "{}"
  } catch (error) {
    if (!(error instanceof ParameterNotFound))
      throw new Refusal(`${Name} could not be read: ${error instanceof Error ? error.message : String(error)}`)
    say(`There is no ${Name} in ${region} yet: clankers on AWS have to name everything themselves.`)
    return "{}"
  }
}

function ensureBucket(name: string): void {
  try {
    wrangler("r2", "bucket", "create", name)
  } catch (error) {
    if (!(error instanceof Refusal && /already exists|10004/i.test(error.message))) throw error
  }
}

/** Which code, and which deploy of it: the smoke test must not be answered by the version before. */
function releaseName(): string {
  const sha = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim()
  return `${sha}.${new Date().toISOString().replace(/\D/g, "").slice(0, 14)}`
}

async function refuseUnwell(name: string, url: string, release: string): Promise<void> {
  const problem = await unwell(url, release)
  if (problem === null) return
  const back = goBack(name, release)
  throw new Refusal(`${url}/health did not answer well within ${HEALTHY_WITHIN_MS / 1000} s (${problem}). ${back}`)
}

/** Null as soon as the new release says that it is well. */
async function unwell(url: string, release: string): Promise<string | null> {
  const healthSchema = z.object({ version: z.string() })
  let seen = "no answer"
  for (const end = Date.now() + HEALTHY_WITHIN_MS; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))) {
    seen = await fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) }).then(
      async (response) => {
        const text = await response.text()
        if (!response.ok) return `${response.status} ${text.slice(0, 500)}`
        const { version } = healthSchema.parse(JSON.parse(text))
        return version.endsWith(`+${release}`) ? "" : `release ${version} still answers`
      },
      (error: unknown) => String(error),
    )
    if (seen === "") return null
  }
  return seen
}

function goBack(name: string, release: string): string {
  try {
    wrangler("rollback", "--name", name, "--yes", "--message", `${release} was not well`)
    return "The version before serves again; the database keeps its newer schema."
  } catch (error) {
    return `Going back failed too: ${error instanceof Error ? error.message : String(error)}`
  }
}
