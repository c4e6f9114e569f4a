import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { identify, isAlive, isCode } from "./proc.ts"

const holderSchema = z.object({ pid: z.number().int(), startTicks: z.string(), bootId: z.string() })

/**
 * One host process per state folder: two would both count the slots and both tell the exits. A lock whose holder is
 * dead is taken over. Answers how to give it back, or who holds it.
 */
export function lockState(state: string): { release: () => void } | { heldBy: number } {
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const file = join(state, "host.lock")
  const holder = readHolder(file)
  if (holder && isAlive(holder)) return { heldBy: holder.pid }
  rmSync(file, { force: true })
  try {
    writeFileSync(file, JSON.stringify(identify(process.pid)), { mode: 0o600, flag: "wx" })
  } catch (error) {
    // Another host took it over at the same moment.
    if (isCode(error, ["EEXIST"])) return { heldBy: readHolder(file)?.pid ?? 0 }
    throw error
  }
  return { release: () => rmSync(file, { force: true }) }
}

function readHolder(file: string): z.infer<typeof holderSchema> | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(readFileSync(file, "utf8"))).data
  } catch (error) {
    if (isCode(error, ["ENOENT"]) || error instanceof SyntaxError) return undefined
    throw error
  }
}
