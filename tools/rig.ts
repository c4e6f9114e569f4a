import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "./build.ts"
import { type ControlPlane, freePort, serve } from "./serve.ts"
import { startWorld, type World, type WorldOptions } from "./world.ts"

/** Everything on one machine on a throw-away state. The demo and the end-to-end tests run on it. */
export interface Rig extends World {
  state: string
  control: ControlPlane
  admin: { email: string; password: string; token: string }
}

type Wanted = Pick<WorldOptions, "agent" | "live" | "keepWork" | "checkpointSeconds" | "docker">

/** `more` are variables of the control plane. */
export async function startRig(wanted: Wanted, more: Record<string, string> = {}): Promise<Rig> {
  build()
  const state = mkdtempSync(join(tmpdir(), "viberglass-"))
  mkdirSync(state, { recursive: true })
  const log = createWriteStream(join(state, "control-plane.log"))
  const ports = { forge: await freePort(), model: 0 }
  const vars = { OUTBOUND_ALLOW: `http://127.0.0.1:${ports.forge}`, ...more }
  const control = await serve({ state: join(state, "control-plane"), log: (line) => log.write(`${line}\n`), vars })
  const admin = await control.createAdmin("admin@example.test")
  const world = await startWorld({ state, url: control.url, token: admin.token, ports, ...wanted })
  return {
    ...world,
    ...{ state, control, admin },
    async close() {
      await world.close()
      await control.close()
      log.end()
      if (process.env["KEEP_STATE"] !== "1") rmSync(state, { recursive: true, force: true })
    },
  }
}
