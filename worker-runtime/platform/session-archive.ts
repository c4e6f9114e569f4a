import { execFile } from "node:child_process"
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { lstat, readdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { z } from "zod"
import { AGENT_SLUGS } from "#contract/agents.ts"

const execute = promisify(execFile)

/** What must fit for a session to be gone on with, and what its CLI has to be told. */
const headerSchema = z.object({
  agent: z.enum(AGENT_SLUGS),
  agentVersion: z.string(),
  sessionId: z.string(),
  /** The repository's folder as the session knows it. */
  repository: z.string(),
})
export type SessionHeader = z.infer<typeof headerSchema>

interface Packing {
  home: string
  /** Below HOME. */
  folders: readonly string[]
  path: string
  limitBytes: number
  signal: AbortSignal
}

export type Packed = { kind: "packed"; archive: Buffer } | { kind: "nothing" } | { kind: "too-large" } | { kind: "restless" }

/** A CLI that writes without a pause is asked again so often; a torn database would be worse than none. */
const TRIES = 8
const PAUSE_MS = 150

/**
 * The folders as one archive, of a moment at which nothing in them changed. A program of its own reads them: the agent
 * could lead a path to what this process may read of itself.
 */
export async function packSession({ home, folders, path, limitBytes, signal }: Packing): Promise<Packed> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await sleep(PAUSE_MS, undefined, { signal })
    const before = await looksOf(home, folders)
    if (before === "") return { kind: "nothing" }
    const there = folders.filter((folder) => before.includes(`${folder}/`))
    const archive = await tar(["--create", "--exclude=*-shm", "--", ...there], { home, path, limitBytes, signal })
    if (archive === "too-large") return { kind: "too-large" }
    if (archive !== "changed" && (await looksOf(home, folders)) === before) return { kind: "packed", archive }
  }
  return { kind: "restless" }
}

/** Puts the folders back below another HOME. A file that is there already stays: it was written for this run. */
export async function unpackSession({
  home,
  path,
  archive,
  signal,
}: {
  home: string
  path: string
  archive: Buffer
  signal: AbortSignal
}): Promise<void> {
  const done = await tar(["--extract", "--skip-old-files", "--no-same-owner"], { home, path, limitBytes: 1024, signal, input: archive })
  if (typeof done === "string") throw new Error("The archive could not be unpacked.")
}

interface Tar extends Pick<Packing, "home" | "path" | "limitBytes" | "signal"> {
  input?: Buffer
}

async function tar(
  [action = "", ...args]: readonly string[],
  { home, path, limitBytes, signal, input }: Tar,
): Promise<Buffer | "changed" | "too-large"> {
  const env = { PATH: path, LC_ALL: "C" }
  const options = { cwd: home, env, signal, killSignal: "SIGKILL", encoding: "buffer", maxBuffer: limitBytes } as const
  const running = execute("tar", [action, "--gzip", "--file=-", `--directory=${home}`, ...args], options)
  running.child.stdin?.on("error", () => {})
  running.child.stdin?.end(input)
  try {
    return (await running).stdout
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Error) || !("code" in error)) throw error
    if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "too-large"
    // Its word for files that changed or vanished while they were read.
    if (error.code === 1) return "changed"
    throw error
  }
}

/** Names, sizes and times of everything in the folders; two equal ones mean that nothing was written between. */
async function looksOf(home: string, folders: readonly string[]): Promise<string> {
  const looks = await Promise.all(folders.map((folder) => looksBelow(home, folder)))
  return looks.join("")
}

async function looksBelow(home: string, folder: string): Promise<string> {
  try {
    const entries = await readdir(join(home, folder), { withFileTypes: true })
    const looks = await Promise.all(
      entries.map(async (entry) => {
        const path = `${folder}/${entry.name}`
        if (entry.isDirectory()) return looksBelow(home, path)
        const { size, mtimeMs, ino } = await lstat(join(home, path))
        return entry.name.endsWith("-shm") ? "" : `${path} ${size} ${mtimeMs} ${ino}\n`
      }),
    )
    return `${folder}/\n${looks.join("")}`
  } catch (error) {
    // Not there (any more): what it looks like then is different from before.
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return ""
    throw error
  }
}

const CIPHER = "aes-256-gcm"
const IV_BYTES = 12
const TAG_BYTES = 16

/** Header and archive under a key of 32 bytes in hex: nonce, tag, ciphertext. */
export function sealSession(key: string, header: SessionHeader, archive: Buffer): Buffer {
  const nonce = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, Buffer.from(key, "hex"), nonce)
  const sealed = Buffer.concat([cipher.update(`${JSON.stringify(header)}\n`), cipher.update(archive), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** Null for what another key sealed, or was altered. */
export function openSession(key: string, bytes: Buffer): { header: SessionHeader; archive: Buffer } | null {
  const decipher = createDecipheriv(CIPHER, Buffer.from(key, "hex"), bytes.subarray(0, IV_BYTES))
  try {
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
    const end = opened.indexOf("\n")
    return { header: headerSchema.parse(JSON.parse(opened.subarray(0, end).toString())), archive: opened.subarray(end + 1) }
  } catch {
    // Authentication failed: it says no more than that, and neither can we.
    return null
  }
}
