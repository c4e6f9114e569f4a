#!/usr/bin/env node
// Cloudflare on one machine, by the words of its program: what changes an account is written down in $WRANGLER_STATE, what
// can be done for real is done by the real wrangler: migrations and statements on a local D1, a deploy as far as its checks.
import { spawnSync } from "node:child_process"
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

const folder = process.env.WRANGLER_STATE ?? ""
const file = join(folder, "account.json")
const account = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}
const { databases = [], buckets = [], secrets = null, versions = [] } = account
const args = process.argv.slice(2)
appendFileSync(join(folder, "calls.jsonl"), `${JSON.stringify(args)}\n`)

const keep = (changes) => writeFileSync(file, JSON.stringify({ ...account, ...changes }))
const fail = (words) => {
  process.stderr.write(`${words}\n`)
  process.exit(1)
}
const manifest = createRequire(import.meta.url).resolve("wrangler/package.json")
const program = join(dirname(manifest), JSON.parse(readFileSync(manifest, "utf8")).bin.wrangler)
const really = (...words) => {
  const { status } = spawnSync(process.execPath, [program, ...words], { stdio: ["ignore", "inherit", "inherit"] })
  if (status !== 0) process.exit(status ?? 1)
}
const after = (option) => args[args.indexOf(option) + 1]

if (args[0] === "d1" && args[1] === "list") process.stdout.write(JSON.stringify(databases))
else if (args[0] === "d1" && args[1] === "create") keep({ databases: [...databases, { uuid: `d1-of-${args[2]}`, name: args[2] }] })
else if (args[0] === "d1") really(...args.flatMap((word) => (word === "--remote" ? ["--local", "--persist-to", folder] : [word])))
else if (args[0] === "r2" && buckets.includes(args[3])) fail("The bucket you tried to create already exists, and you own it. [code: 10004]")
else if (args[0] === "r2") keep({ buckets: [...buckets, args[3]] })
else if (args[0] === "secret" && secrets === null) fail(`Worker "${after("--name")}" not found. [code: 10007]`)
else if (args[0] === "secret") process.stdout.write(JSON.stringify(secrets.map((name) => ({ name, type: "secret_text" }))))
else if (args[0] === "deploy") {
  const config = JSON.parse(readFileSync(after("--config"), "utf8"))
  really("deploy", "--dry-run", "--config", after("--config"))
  keep({ versions: [...versions, { name: config.name, vars: config.vars, routes: config.routes ?? [] }] })
} else if (args[0] === "rollback" && versions.length < 2) fail("Could not find a previous version to roll back to")
else if (args[0] === "rollback") keep({ versions: [...versions, versions.at(-2)] })
else fail(`unknown: ${args.join(" ")}`)
