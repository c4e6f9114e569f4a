// The only entry of package.json's scripts. Needs nothing installed: it sets the clone up, then hands over to
// tools/<name>.ts under a Node that can run TypeScript.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { setup } from "./setup.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const [name = "", ...args] = process.argv.slice(2)
const file = `${root}tools/${name.replaceAll(":", "-")}.ts`
if (!/^[a-z:-]+$/.test(name) || !existsSync(file)) {
  console.error(`There is no script "${name}" in tools/.`)
  process.exit(64)
}

const { node, path } = await setup(root)
const child = spawn(node, ["--disable-warning=ExperimentalWarning", file, ...args], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: path, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", X_LOCAL_EXPLORER: "false" },
})
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal))
child.on("exit", (code, signal) => process.exit(signal ? 130 : (code ?? 1)))
