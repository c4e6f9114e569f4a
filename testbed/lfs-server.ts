// Git LFS: the batch API and its "basic" transfers, as GitHub serves them below <repository>.git/info/lfs.
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { z } from "zod"
import type { GitAccess } from "./git-server.ts"
import { refuseGit } from "./git-server.ts"
import type { Incoming, Reply } from "./http.ts"

export type LfsCall = Readonly<{ repository: string; oid: string | null }>

/** Recognises the batch address, and that of one object, which the batch names. */
export function parseLfsCall(url: URL): LfsCall | null {
  const [, repository, rest = ""] = /^\/([\w.-]+\/[\w.-]+?)\.git\/info\/lfs\/(.+)$/.exec(url.pathname) ?? []
  if (repository === undefined) return null
  const [, oid] = /^objects\/([0-9a-f]{64})$/.exec(rest) ?? []
  return oid !== undefined ? { repository, oid } : rest === "objects/batch" ? { repository, oid: null } : null
}

const batchSchema = z.object({
  operation: z.enum(["download", "upload"]),
  objects: z.array(z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.number() })),
})

export type LfsRequest = Readonly<{
  large: LfsCall
  incoming: Incoming
  access: GitAccess
  login: string | null
  /** Where the content of all repositories is kept. */
  folder: string
  /** The forge's own address. */
  url: string
}>

export async function answerLfs(request: LfsRequest): Promise<Reply> {
  const { large, incoming, access, login } = request
  const batch = large.oid === null ? batchSchema.parse(JSON.parse(incoming.body.toString())) : null
  const write = batch === null ? incoming.method === "PUT" : batch.operation === "upload"
  // What a batch has handed out is good without a login, like the signed addresses of an object store.
  const refusal = batch === null ? null : refuseGit({ repository: large.repository, action: "info/lfs", write }, access, login)
  if (refusal !== null)
    return { ...refusal, ...lfsJson({ message: String(refusal.body).trim() }), headers: { ...refusal.headers, ...type } }
  return batch === null ? transfer(request, large.oid ?? "") : { status: 200, ...lfsJson(answers(request, batch)) }
}

const type = { "content-type": "application/vnd.git-lfs+json" } as const
const lfsJson = (body: unknown) => ({ headers: type, body: JSON.stringify(body) })

function answers(request: LfsRequest, { operation, objects }: z.infer<typeof batchSchema>): unknown {
  const { url, large } = request
  return {
    transfer: "basic",
    objects: objects.map(({ oid, size }) => {
      const href = `${url}/${large.repository}.git/info/lfs/objects/${oid}`
      const has = existsSync(pathOf(request, oid))
      if (operation === "upload") return has ? { oid, size } : { oid, size, authenticated: true, actions: { upload: { href } } }
      return has
        ? { oid, size, authenticated: true, actions: { download: { href } } }
        : { oid, size, error: { code: 404, message: "Object does not exist on the server" } }
    }),
  }
}

const pathOf = ({ folder, large }: Pick<LfsRequest, "folder" | "large">, oid: string): string => join(folder, large.repository, oid)

async function transfer(request: LfsRequest, oid: string): Promise<Reply> {
  const file = pathOf(request, oid)
  if (request.incoming.method === "GET") return existsSync(file) ? { status: 200, body: await readFile(file) } : { status: 404 }
  if (createHash("sha256").update(request.incoming.body).digest("hex") !== oid)
    return { status: 422, ...lfsJson({ message: "another content" }) }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, request.incoming.body)
  return { status: 200 }
}

/** Puts content there as if somebody had pushed it, and answers its pointer. */
export async function storeLfsObject({
  folder,
  repository,
  content,
}: {
  folder: string
  repository: string
  content: string
}): Promise<string> {
  const oid = createHash("sha256").update(content).digest("hex")
  const file = pathOf({ folder, large: { repository, oid } }, oid)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${Buffer.byteLength(content)}\n`
}
