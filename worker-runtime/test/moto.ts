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
  /** Credentials of a session of a new role, in the words of a container's credentials endpoint. */
  role(name: string, session: string): Promise<Record<string, string>>
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
    role: (name, session) => assumeRole(url, name, session),
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
async function call(url: string, service: "iam" | "sts", fields: Record<string, string>): Promise<string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20261120/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`
  const version = service === "iam" ? "2010-05-08" : "2011-06-15"
  const body = new URLSearchParams({ Version: version, ...fields })
  const response = await fetch(url, { method: "POST", headers: { authorization }, body })
  if (!response.ok) throw new Error(await response.text())
  return response.text()
}

const field = (xml: string, element: string) =>
  (new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1] ?? "").replaceAll("&amp;", "&")

async function makeUser(url: string, user: string, actions: readonly string[]): Promise<Key> {
  const iam = (fields: Record<string, string>) => call(url, "iam", { UserName: user, ...fields })
  await iam({ Action: "CreateUser" })
  const statement = { Effect: "Allow", Action: actions, Resource: "*" }
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] })
  await iam({ Action: "PutUserPolicy", PolicyName: "own", PolicyDocument })
  const key = await iam({ Action: "CreateAccessKey" })
  return { id: field(key, "AccessKeyId"), secret: field(key, "SecretAccessKey") }
}

async function assumeRole(url: string, name: string, session: string): Promise<Record<string, string>> {
  const trusts = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] }
  const role = await call(url, "iam", { Action: "CreateRole", RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trusts) })
  const made = await call(url, "sts", { Action: "AssumeRole", RoleArn: field(role, "Arn"), RoleSessionName: session })
  return {
    AccessKeyId: field(made, "AccessKeyId"),
    SecretAccessKey: field(made, "SecretAccessKey"),
    Token: field(made, "SessionToken"),
  }
}
