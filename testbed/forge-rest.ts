// emulate, the REST stand-in behind the strict proxy: how it is started and told about repositories.
import { createServer } from "node:net"
import { Octokit } from "@octokit/rest"
import { createEmulator } from "emulate"
import type { ForgeUser } from "./forge-state.ts"

export type Rest = Readonly<{ url: string; octokit: Octokit; close(): Promise<void> }>
export type RestOptions = Readonly<{ publicUrl: string; adminToken: string; users: readonly ForgeUser[]; owners: readonly string[] }>

const admin = "forge-admin"

/** `publicUrl` is what emulate writes into its answers and webhooks: the forge's address, not its own. */
export async function startRest({ publicUrl, adminToken, users, owners }: RestOptions): Promise<Rest> {
  const tokens = [{ login: admin, token: adminToken }, ...users]
  const seed = {
    tokens: Object.fromEntries(tokens.map(({ login, token }) => [token, { login, scopes: ["repo"] }])),
    github: {
      users: tokens.map(({ login }) => ({ login })),
      orgs: owners.map((login) => ({ login, members: [{ login: admin, role: "admin" }] })),
    },
  }
  const port = await freePort()
  const emulator = await createEmulator({ service: "github", port, baseUrl: publicUrl, seed })
  const url = `http://127.0.0.1:${port}`
  return { url, octokit: new Octokit({ baseUrl: url, auth: adminToken }), close: () => emulator.close() }
}

/** With a public URL emulate tells its own port to nobody, so the port is chosen before. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === "string") throw new Error("No free port.")
  return address.port
}

/** A private repository with everyone who may see it as a collaborator. Its branches come by replay; answers those that it has already. */
export async function createRestRepository({
  octokit,
  name,
  users,
  forkOf,
}: {
  octokit: Octokit
  name: string
  users: readonly ForgeUser[]
  forkOf: string | null
}): Promise<ReadonlyMap<string, string>> {
  const [owner = "", repo = ""] = name.split("/")
  if (forkOf === null) await octokit.repos.createInOrg({ org: owner, name: repo, private: true })
  else {
    const [parent = "", parentRepo = ""] = forkOf.split("/")
    await octokit.repos.createFork({ owner: parent, repo: parentRepo, organization: owner, name: repo })
  }
  for (const { login, access } of users)
    await octokit.repos.addCollaborator({ owner, repo, username: login, permission: access === "write" ? "push" : "pull" })
  if (forkOf === null) return new Map()
  // What emulate puts into a fork are commits of its own: they are written over.
  const { data } = await octokit.git.listMatchingRefs({ owner, repo, ref: "heads/" })
  return new Map(data.map(({ ref, object }) => [ref, object.sha]))
}
