// Builds the worker's images by their own Dockerfiles, with what this machine needs in order to download.
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { z } from "zod"
import type { Docker } from "./docker.ts"
import { ensureBaseImage } from "./docker-base.ts"

const run = promisify(execFile)
const catalogueSchema = z.object({
  images: z.record(z.string(), z.object({ repository: z.string(), dockerfile: z.string(), agents: z.array(z.string()) })),
})
export type BuiltImage = Readonly<{ tag: string; seconds: number; bytes: number }>

export async function readImages(root: string): Promise<z.infer<typeof catalogueSchema>["images"]> {
  return catalogueSchema.parse(JSON.parse(await readFile(join(root, "infra/workers/images.json"), "utf8"))).images
}

/** Builds one image of the catalogue as `<repository>:latest`; its own smoke test is the last step of the build. */
export async function buildImage(docker: Docker, selector: string, { root }: { root: string }): Promise<BuiltImage> {
  const image = (await readImages(root))[selector]
  if (!image) throw new Error(`images.json has no image "${selector}".`)
  await ensureBaseImage(docker, { root })
  const tag = `${image.repository}:latest`
  const startedAt = performance.now()
  const secrets = await mkdtemp(join(tmpdir(), "vg-build-"))
  try {
    await docker.cli(
      ...["build", "--network", "host", "--tag", tag, "--file", join(root, "infra/workers", image.dockerfile)],
      // Neither PyPI nor ghcr.io can be reached from where the tests run.
      ...(image.agents.includes("mistral-vibe") ? ["--build-arg", "MISTRAL=without"] : []),
      ...(await secretsOf(secrets)),
      root,
    )
  } finally {
    await rm(secrets, { recursive: true, force: true })
  }
  const bytes = Number(await docker.cli("image", "inspect", "--format", "{{.Size}}", tag))
  return { tag, seconds: Math.round((performance.now() - startedAt) / 100) / 10, bytes }
}

/** The registry and the certificates that npm uses on this machine: for the build's commands, never for an image. */
async function secretsOf(folder: string): Promise<string[]> {
  const npmrc = join(folder, "npmrc")
  const { stdout } = await run("npm", ["config", "get", "registry"])
  const user = join(homedir(), ".npmrc")
  const own = existsSync(user) ? await readFile(user, "utf8") : ""
  // Paths of this machine mean nothing inside a build.
  const lines = own.split("\n").filter((line) => !/^\s*(cafile|nodedir|prefix|cache)\s*=/.test(line))
  await writeFile(npmrc, [...lines, `registry=${stdout.trim()}`, ""].join("\n"), { mode: 0o600 })
  const certificates = process.env["NODE_EXTRA_CA_CERTS"]
  return ["--secret", `id=npmrc,src=${npmrc}`, ...(certificates ? ["--secret", `id=ca,src=${certificates}`] : [])]
}
