import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const ROOT = fileURLToPath(new URL("..", import.meta.url))
export const WORKER_CONFIG = join(ROOT, "dist/viberglass/wrangler.json")
export const VIBERATOR = join(ROOT, "dist/viberator/viberator.mjs")

/** Builds UI and Worker, then the viberator. A run of the tests builds once and says so, because two builds would race. */
export function build(): void {
  if (process.env["VIBERGLASS_BUILT"] === "1" && existsSync(WORKER_CONFIG) && existsSync(VIBERATOR)) return
  // Under vitest it says "test", and the pages would be built with Solid's development build.
  const env = { ...process.env, NODE_ENV: "production" }
  const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] })
  run("node_modules/vite/bin/vite.js", "build", "--config", "ui/vite.config.ts", "--logLevel", "warn")
  run("worker-runtime/build.ts")
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build()
