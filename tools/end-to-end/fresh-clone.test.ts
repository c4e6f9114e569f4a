import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { ROOT } from "../build.ts"

// What is installed in this clone hides missing set-up, so each command gets a clone in which nothing was ever done.
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

function inFreshClone(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), "viberglass-clone-"))
  folders.push(folder)
  execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${ROOT}`, folder])
  // npm passes its own settings down to the scripts it runs: the clone must not see them, nor our build's mark.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|VIBERGLASS_|VITEST|NODE_(?!EXTRA_CA))/.test(name)))
  const path = (env["PATH"] ?? "").split(":").filter((part) => !part.startsWith(ROOT))
  const { status, stdout, stderr } = spawnSync("npm", ["run", script], {
    cwd: folder,
    encoding: "utf8",
    env: { ...env, PATH: path.join(":") },
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`npm run ${script} ended with ${status}:\n${stdout.slice(-4000)}\n${stderr.slice(-2000)}`)
  return stdout
}

describe("in a fresh clone, with no step before it", () => {
  it("npm run demo ends with a pull request and its diff", () => {
    const printed = inFreshClone("demo")
    expect(printed).toContain("The model is SCRIPTED")
    expect(printed).toMatch(/Pull request: http:\/\/127\.0\.0\.1:\d+\/acme\/demo\/pull\/\d+/)
    expect(printed).toMatch(/^diff --git a\/src\/slugify\.js b\/src\/slugify\.js$/m)
    expect(printed).toMatch(/✓ \d+ process\(es\) of [a-z-]+ seen at work/)
  })

  it("npm run check passes", () => {
    expect(inFreshClone("check")).toContain("✓ unit tests")
  })
})
