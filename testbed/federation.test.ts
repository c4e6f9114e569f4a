// Who is lent a role for a token: a provider that IAM knows, a role that trusts it, a signature of a key that is served.
import { generateKeyPairSync, type KeyObject } from "node:crypto"
import { createServer, type Server } from "node:http"
import { exportJWK, SignJWT, UnsecuredJWT } from "jose"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { hasMoto, type LocalAws, NO_MOTO, startAws } from "./aws.ts"
import { ACCOUNT, ROLES, trustOf } from "./aws-policies.ts"

const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 })
const [k1, k2, stranger] = [rsa(), rsa(), rsa()]

describe("against moto", () => {
  let aws: LocalAws
  let issuer: Server
  let url: string
  /** What the issuer serves now, and how often its keys were asked for. */
  const served: { keys: Record<string, KeyObject>; issuer: string | null; status: number; asked: number } = {
    ...{ keys: { k1: k1.publicKey }, issuer: null, status: 200, asked: 0 },
  }

  beforeAll(async () => {
    if (!hasMoto) return
    issuer = createServer((request, response) => void answer(request.url ?? "").then((body) => response.writeHead(served.status).end(body)))
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve))
    const address = issuer.address()
    url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`
    aws = await startAws()
    await aws.lendTo(url)
    await aws.checkRights(true)
  })
  afterAll(async () => {
    issuer?.close()
    await aws?.close()
  })
  beforeEach(({ skip }) => skip(!hasMoto, NO_MOTO))

  async function answer(path: string): Promise<string> {
    if (path.endsWith("/openid-configuration")) return JSON.stringify({ issuer: served.issuer ?? url, jwks_uri: `${url}/keys` })
    served.asked++
    const keys = Object.entries(served.keys).map(async ([kid, key]) => ({ ...(await exportJWK(key)), kid, use: "sig", alg: "RS256" }))
    return JSON.stringify({ keys: await Promise.all(keys) })
  }

  const now = () => Math.floor(Date.now() / 1000)
  const claims = (over: object = {}) => ({
    ...{ iss: url, sub: "control-plane:local", aud: "sts.amazonaws.com", iat: now(), exp: now() + 300 },
    ...over,
  })
  const signed = (payload: object = claims(), { kid = "k1", key = k1.privateKey, alg = "RS256" } = {}) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg, kid }).sign(key)
  async function lend(token: string, over: Record<string, string> = {}) {
    const form = { Action: "AssumeRoleWithWebIdentity", Version: "2011-06-15", RoleArn: ROLES.control, RoleSessionName: "viberglass" }
    const body = new URLSearchParams({ ...form, WebIdentityToken: token, ...over })
    const response = await fetch(aws.url, { method: "POST", body })
    const text = await response.text()
    const named = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(text)?.[1] ?? null
    return { status: response.status, code: named("Code"), message: named("Message"), arn: named("Arn"), key: named("AccessKeyId") }
  }

  it("a role is lent for a token that the issuer's served key has signed", async () => {
    expect(await lend(await signed())).toMatchObject({
      ...{ status: 200, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/viberglass-local-control-plane/viberglass` },
      key: expect.stringMatching(/^ASIA/),
    })
  })

  it.each<[string, () => Promise<string> | string, string, RegExp]>([
    ["another's signature", () => signed(claims(), { key: stranger.privateKey }), "InvalidIdentityToken", /signature/],
    ["a key that is not served", () => signed(claims(), { kid: "k9" }), "InvalidIdentityToken", /kid/],
    ["no signature", () => new UnsecuredJWT(claims()).encode(), "InvalidIdentityToken", /not RS256/],
    ["another algorithm", () => signed(claims(), { alg: "RS512" }), "InvalidIdentityToken", /not RS256/],
    [
      "claims that were changed",
      async () => swapped(await signed(), await signed(claims({ jti: "a" }))),
      "InvalidIdentityToken",
      /signature/,
    ],
    ["no token", () => "a token", "InvalidIdentityToken", /not a valid JWT/],
    ["another audience", () => signed(claims({ aud: "sts.example" })), "InvalidIdentityToken", /Incorrect token audience/],
    [
      "an issuer that IAM does not know",
      () => signed(claims({ iss: "https://x.test" })),
      "InvalidIdentityToken",
      /No OpenIDConnect provider .* https:\/\/x\.test/,
    ],
    ["a path below the issuer", () => signed(claims({ iss: `${url}/a` })), "InvalidIdentityToken", /No OpenIDConnect provider/],
    ["a token that has ended", () => signed(claims({ exp: now() - 1 })), "ExpiredTokenException", /Token expired/],
    ["no end", () => signed(claims({ exp: undefined })), "InvalidIdentityToken", /required claim: exp/],
    ["a fraction of a second", () => signed(claims({ iat: now() + 0.5 })), "InvalidIdentityToken", /required claim: iat/],
    ["a token of tomorrow", () => signed(claims({ iat: now() + 86_400, exp: now() + 90_000 })), "InvalidIdentityToken", /issued/],
    ["another environment", () => signed(claims({ sub: "control-plane:prod" })), "AccessDenied", /Not authorized/],
    ["more after the subject", () => signed(claims({ sub: "control-plane:local-2" })), "AccessDenied", /Not authorized/],
  ])("nothing is lent for %s", async (_, token, code, message) => {
    expect(await lend(await token())).toMatchObject({ code, message: expect.stringMatching(message), key: null })
  })
  /** The one's claims under the other's signature. */
  const swapped = (one: string, other: string) => [...one.split(".").slice(0, 2), other.split(".")[2]].join(".")

  it("a role that is not there, or trusts nobody, is told from none", async () => {
    const RoleArn = ROLES.control.replace("control-plane", "nobody")
    expect(await lend(await signed(), { RoleArn })).toMatchObject({ status: 403, code: "AccessDenied" })
    expect(await lend(await signed(), { RoleArn: ROLES.task })).toMatchObject({ status: 403, code: "AccessDenied" })
  })

  it("a key that appears is fetched, one that is known is not asked for again", async () => {
    const before = served.asked
    await lend(await signed())
    expect(served.asked).toBe(before)
    served.keys = { k2: k2.publicKey }
    expect(await lend(await signed(claims(), { kid: "k2", key: k2.privateKey }))).toMatchObject({ status: 200 })
    expect(served.asked).toBe(before + 1)
    expect(await lend(await signed())).toMatchObject({ code: "InvalidIdentityToken", message: expect.stringContaining("kid") })
  })

  it("an issuer that answers wrongly, or not at all, is told", async () => {
    const unknown = () => signed(claims(), { kid: crypto.randomUUID() })
    served.status = 500
    expect(await lend(await unknown())).toMatchObject({
      code: "InvalidIdentityToken",
      message: expect.stringContaining("Couldn't retrieve"),
    })
    served.status = 200
    served.issuer = "https://x.test"
    expect(await lend(await unknown())).toMatchObject({ code: "InvalidIdentityToken", message: expect.stringContaining("discovery") })
    served.issuer = null
    issuer.closeAllConnections()
    await new Promise((resolve) => issuer.close(resolve))
    expect(await lend(await unknown())).toMatchObject({ status: 400, code: "IDPCommunicationError" })
  })

  it("without a provider nothing is lent, however good the token", async () => {
    const other = "http://127.0.0.1:1"
    const token = await signed(claims({ iss: other }))
    expect((await lend(token)).message).toBe(`No OpenIDConnect provider found in your account for ${other}`)
    expect(JSON.stringify(trustOf(url))).toContain(`${new URL(url).host}:sub`)
  })
})
