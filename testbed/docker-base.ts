// A stand-in for the image node:24-slim, where no registry can be reached: Debian by debootstrap, this Node, npm.
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { appendFile, chmod, copyFile, cp, mkdir, rename, rm, symlink } from "node:fs/promises"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import type { Docker } from "./docker.ts"

export const BASE_IMAGE = "node:24-slim"
const NPM = "npm@11.19.1"
/** Counts up when the stand-in changes: an engine that has a former one gets the new one. */
const EDITION = "dev.viberglass.stand-in=2"
const run = promisify(execFile)

/** In the engine after this, under the real one's name. Made once and kept in `<root>/.local/docker`. */
export async function ensureBaseImage(docker: Docker, { root }: { root: string }): Promise<void> {
  const there = await docker.cli("images", "--quiet", "--filter", `label=${EDITION}`, BASE_IMAGE)
  if (there !== "") return
  const tar = join(root, ".local", "docker", `node-24-slim-${EDITION.split("=")[1]}.tar`)
  if (!existsSync(tar)) await makeBase(tar, join(root, ".local", "docker", "rootfs"))
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  await docker.cli("import", "--change", `ENV ${path}`, "--change", 'CMD ["node"]', "--change", `LABEL ${EDITION}`, tar, BASE_IMAGE)
}

async function makeBase(tar: string, rootfs: string): Promise<void> {
  const [major] = process.versions.node.split(".")
  if (major !== "24") throw new Error(`The stand-in for ${BASE_IMAGE} is made of this process's Node, which is ${process.version}.`)
  await rm(rootfs, { recursive: true, force: true })
  await run("debootstrap", ["--variant=minbase", "bookworm", rootfs, "http://deb.debian.org/debian"], { maxBuffer: 16 * 1_048_576 })
  await putNode(rootfs)
  // As in the real one, so that a number that it has given away is not taken twice.
  await appendFile(join(rootfs, "etc/group"), "node:x:1000:\n")
  await appendFile(join(rootfs, "etc/passwd"), "node:x:1000:1000::/home/node:/bin/bash\n")
  await mkdir(join(rootfs, "home/node"))
  await rm(join(rootfs, "var/cache/apt/archives"), { recursive: true, force: true })
  await mkdir(join(rootfs, "var/cache/apt/archives/partial"), { recursive: true })
  await run("tar", ["--create", "--numeric-owner", "--file", `${tar}.new`, "--directory", rootfs, "."])
  await rename(`${tar}.new`, tar)
  await rm(rootfs, { recursive: true, force: true })
}

async function putNode(rootfs: string): Promise<void> {
  const bin = join(rootfs, "usr/local/bin")
  await copyFile(process.execPath, join(bin, "node"))
  await chmod(join(bin, "node"), 0o755)
  // The real one has them too; whoever compiles for Node needs them.
  await cp(join(dirname(process.execPath), "../include"), join(rootfs, "usr/local/include"), { recursive: true })
  const modules = join(rootfs, "usr/local/lib/node_modules")
  await mkdir(modules, { recursive: true })
  const { stdout } = await run("npm", ["pack", NPM, "--silent", "--pack-destination", modules])
  const packed = join(modules, stdout.trim().split("\n").at(-1) ?? "")
  await run("tar", ["--extract", "--gzip", "--no-same-owner", "--file", packed, "--directory", modules])
  await rm(packed)
  await rename(join(modules, "package"), join(modules, "npm"))
  for (const name of ["npm", "npx"]) await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name))
}
