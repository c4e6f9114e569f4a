// A Lambda environment as AWS makes it, as far as Linux can: processes of its own, a root that cannot be written, a
// foreign user, and one folder for temporary files, which one invocation after the other gets.
import { spawnSync } from "node:child_process"
import { chmodSync, cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import type { Payload } from "#contract/worker.ts"
import { lambdaImage, removeImage, startFunction } from "./lambda-rig.ts"
import type { LambdaImage } from "./lambda-rig.ts"
import { logLines } from "./processes.ts"
import { FINISHED, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

const UID = "54321"
/** `$1` is the folder that stays writable; the rest is the program, which becomes the first process. */
const SCRIPT = `mount --bind "$1" "$1" && mount -o remount,ro,bind / && shift && exec setpriv --reuid=${UID} --regid=${UID} --clear-groups "$@"`
const sandboxed = (tmp: string) => ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", SCRIPT, "sh", tmp]

let rig: Rig
let image: LambdaImage | null = null
let missing = ""
beforeAll(async () => {
  rig = await startRig()
  image = await lambdaImage().catch((error: unknown) => {
    missing = String(error)
    return null
  })
  if (image !== null) chmodSync(image.folder, 0o755)
  chmodSync(rig.folder, 0o755)
  const [program = "", ...args] = sandboxed(rig.folder)
  const probe = spawnSync(program, [...args, process.execPath, "--version"])
  if (probe.status !== 0) missing = `a sandbox of Linux cannot be made here: ${probe.stderr.toString()}`
}, 600_000)
afterAll(async () => {
  if (image !== null) removeImage(image)
  await rig.close()
})
beforeEach(({ skip }) => skip(missing !== "", missing))

/** A script that tells what of others it sees, and then leaves as much behind as it can. */
const nosy = (tmp: string) => `
say() { printf '{"type":"assistant","message":{"content":[{"type":"text","text":"%s"}]}}\\n' "$1"; }
say "uid=$(id -u) others=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o '[l]eft-behind-process' | sort -u | tr '\\n' ' ') files=$(ls -A ${tmp} | tr '\\n' ' ')"
touch /etc/written 2>/dev/null && say "the root can be written"
for name in a b; do (setsid setsid env -i sh -c 'trap "" TERM; echo > ${tmp}/left-behind-$1; while :; do sleep 1; done' left-behind-process $name >/dev/null 2>&1 &); done
until [ -e ${tmp}/left-behind-a ] && [ -e ${tmp}/left-behind-b ]; do sleep 0.05; done
echo x > ${tmp}/left-behind-file; mkdir -p ${tmp}/left-behind-folder/deep; echo x > ${tmp}/left-behind-folder/deep/x; chmod 000 ${tmp}/left-behind-folder
${FINISHED}`

test("in namespaces of Linux: the next invocation meets no process and no file of the one before it", async () => {
  if (image === null) throw new Error(missing)
  const tmp = join(rig.folder, "tmp")
  mkdirSync(tmp)
  chmodSync(tmp, 0o777)
  writeFileSync(join(tmp, "of-a-crashed-runtime"), "")
  rig.agent(nosy(tmp))
  // As an image has it: where any user may run it, also the one that the handler starts its worker as.
  const node = join(image.folder, "node")
  cpSync(process.execPath, node)
  const runtime = await startFunction(image, {
    path: rig.env().path,
    tmp,
    before: sandboxed(tmp),
    node,
    env: { AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand", VIBERATOR_ALONE: "1", HOME: "/nonexistent" },
  })
  const payload = (): Payload => ({ ...rig.payload(), job: { ...rig.payload().job, kind: "research" } })
  for (const _turn of [1, 2]) expect(await runtime.invoke(payload())).toMatchObject({ outcome: "succeeded", exitCode: 0 })
  const left = readdirSync(tmp)
  const { stdout, stderr } = await runtime.close()
  expect(left).toEqual([])
  const seen = logLines(stdout).flatMap(({ kind, delta }) => (kind === "text" ? [String(delta)] : []))
  expect(seen.join("").match(/uid=.*?files=\S* /g)).toEqual([
    `uid=${UID} others= files=viberator-work `,
    `uid=${UID} others= files=viberator-work `,
  ])
  expect(seen.join("")).not.toContain("can be written")
  const cleaned = logLines(stderr).filter(({ event }) => event === "sandbox.cleaned")
  expect(cleaned).toMatchObject([{ files: 1 }, { processes: expect.any(Number) }, { processes: expect.any(Number) }])
  // They were there to be ended: without that the second agent would have seen them.
  for (const { processes } of cleaned.slice(1)) expect(Number(processes)).toBeGreaterThanOrEqual(2)
})
