// moto, a stand-in for AWS that checks signatures and the policies of IAM when it is told to.
import { spawn, spawnSync } from "node:child_process"
import { createServer as createTcpServer } from "node:net"

export const REGION = "eu-central-1"
export const hasMoto = spawnSync("moto_server", ["--help"]).status === 0
export const NO_MOTO = "moto_server is not on the PATH (pip install 'moto[server]')"

export interface Key {
  id: string
  secret: string
}
export interface Moto {
  url: string
  /** A user with a policy of its own that allows these actions. */
  user(name: string, actions: readonly string[]): Promise<Key>
  /** From here on signatures and policies count. */
  checkRights(): Promise<void>
  close(): void
}

export async function startMoto(): Promise<Moto> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const moto = spawn("moto_server", ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" })
  await answers(url)
  return {
    url,
    user: (name, actions) => makeUser(url, name, actions),
    checkRights: async () => void (await fetch(`${url}/moto-api/reset-auth`, { method: "POST", body: "0" })),
    close: () => void moto.kill(),
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createTcpServer().listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
}

async function answers(url: string): Promise<void> {
  const end = Date.now() + 50_000
  for (;;) {
    const up = await fetch(`${url}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (up) return
    if (Date.now() > end) throw new Error("moto_server does not answer.")
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** As long as moto's IAM is not switched on, any signature will do. */
async function makeUser(url: string, user: string, actions: readonly string[]): Promise<Key> {
  const iam = async (fields: Record<string, string>) => {
    const authorization = `AWS4-HMAC-SHA256 Credential=test/20261120/${REGION}/iam/aws4_request, SignedHeaders=host, Signature=0`
    const body = new URLSearchParams({ Version: "2010-05-08", UserName: user, ...fields })
    const response = await fetch(url, { method: "POST", headers: { authorization }, body })
    if (!response.ok) throw new Error(await response.text())
    return response.text()
  }
  await iam({ Action: "CreateUser" })
  const statement = { Effect: "Allow", Action: actions, Resource: "*" }
  await iam({
    Action: "PutUserPolicy",
    PolicyName: "own",
    PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
  })
  const key = await iam({ Action: "CreateAccessKey" })
  const field = (element: string) => new RegExp(`<${element}>([^<]*)</${element}>`).exec(key)?.[1] ?? ""
  return { id: field("AccessKeyId"), secret: field("SecretAccessKey").replaceAll("&amp;", "&") }
}
