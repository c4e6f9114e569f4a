// The stacks have packages of their own, 196 MB that nothing else needs: installed when a command or a suite wants them.
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { takeLock } from "../testbed/installing.ts"
import { ROOT } from "./build.ts"
import type { Step } from "./check.ts"

const FOLDER = join(ROOT, "infra")
const MARK = join(FOLDER, "node_modules", ".lock-hash")
const hashOfLock = () =>
  createHash("sha256")
    .update(readFileSync(join(FOLDER, "package-lock.json")))
    .digest("hex")

export const infraIsInstalled = (): boolean => existsSync(MARK) && readFileSync(MARK, "utf8") === hashOfLock()

/** Once for a clone and a lock, whoever asks at the same time. */
export async function installInfra(): Promise<void> {
  if (infraIsInstalled()) return
  const release = await takeLock(join(ROOT, ".local", "infra-install.lock"))
  try {
    if (infraIsInstalled()) return
    console.error("Installing the packages of infra/ (npm ci) …")
    execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: FOLDER, stdio: ["ignore", 2, "inherit"] })
    writeFileSync(MARK, hashOfLock())
  } finally {
    await release()
  }
}

export const INFRA_TYPES: Step = {
  name: "types of infra",
  command: [process.execPath, "node_modules/typescript/bin/tsc", "-b", "infra/test"],
}
