import { scrypt } from "node:crypto"
import { drizzleAdapter } from "better-auth/adapters/drizzle"
import { betterAuth } from "better-auth/minimal"
import { parseSigned } from "hono/utils/cookie"
import type { Context } from "../context.ts"
import { randomHex, sameText } from "../hash.ts"
import { accounts, sessions, users, verifications } from "./table.ts"

/** `__Host-` ties the cookie to this origin, path / and Secure; browsers accept it on loopback without TLS. */
export const SESSION_COOKIE = "__Host-vg"
const WEEK_SECONDS = 7 * 24 * 60 * 60

export interface Auth {
  /** Answers the library's own paths. */
  handler: (request: Request) => Promise<Response>
  /** Whose living session the cookie names, or null. */
  sessionOf: (headers: Headers) => Promise<{ userId: string; sessionId: string } | null>
  /** Moves the end of a session that is older than a day, and gives the cookies that say so. */
  renew: (headers: Headers) => Promise<string[]>
}

/** Sign-in by password, sign-out and sessions, on D1. Nobody signs up here: the first admin comes by a setup link, others are invited. */
export function createAuth({ config, keys, db, newId }: Context): Auth {
  const auth = betterAuth({
    baseURL: config.publicUrl,
    basePath: "/api/auth",
    secret: keys.session,
    trustedOrigins: [config.publicUrl],
    telemetry: { enabled: false },
    logger: { disabled: true },
    database: drizzleAdapter(db, { provider: "sqlite", schema: { users, sessions, accounts, verifications } }),
    user: { modelName: "users", additionalFields: { role: { type: "string", input: false, required: true } } },
    session: { modelName: "sessions", expiresIn: WEEK_SECONDS, updateAge: 24 * 60 * 60, cookieCache: { enabled: false } },
    account: { modelName: "accounts" },
    verification: { modelName: "verifications" },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 10,
      maxPasswordLength: 200,
      password: { hash: hashPassword, verify: verifyPassword },
    },
    // http/rate-limit.ts counts for all doors alike.
    rateLimit: { enabled: false },
    advanced: {
      useSecureCookies: false,
      cookies: { session_token: { name: SESSION_COOKIE } },
      defaultCookieAttributes: { secure: true, httpOnly: true, sameSite: "lax", path: "/" },
      ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] },
      database: { generateId: () => newId("user") },
    },
  })
  return {
    handler: (request) => auth.handler(request),
    sessionOf: async (headers) => {
      const found = await auth.api.getSession({ headers, query: { disableRefresh: true } })
      return found ? { userId: found.user.id, sessionId: found.session.id } : null
    },
    renew: async (headers) => (await auth.api.getSession({ headers, returnHeaders: true })).headers.getSetCookie(),
  }
}

/**
 * The session's token, if the cookie was signed here: better-auth signs as hono does, HMAC-SHA256 in base64 behind a dot. So
 * a request is let in by one question, where the library's own look takes two and knows nothing of roles in projects.
 */
export async function sessionToken(headers: Headers, { keys }: Pick<Context, "keys">): Promise<string | null> {
  const token = (await parseSigned(headers.get("cookie") ?? "", keys.session, SESSION_COOKIE))[SESSION_COOKIE]
  return token || null
}

/** scrypt of node:crypto: production refuses PBKDF2 above 100,000 iterations. N = 2^14, r = 8, p = 5 needs 16 MiB and some 100 ms. */
const COST = { N: 16_384, r: 8, p: 5, maxmem: 64 * 1024 * 1024 } as const
const KEY_BYTES = 64

export async function hashPassword(password: string): Promise<string> {
  const salt = randomHex(16)
  return `${salt}:${await derive(password, salt)}`
}

async function verifyPassword({ hash, password }: { hash: string; password: string }): Promise<boolean> {
  const [salt = "", known = ""] = hash.split(":")
  return sameText(known, await derive(password, salt))
}

function derive(password: string, salt: string): Promise<string> {
  const hex = (key: Uint8Array) => Array.from(key, (byte) => byte.toString(16).padStart(2, "0")).join("")
  return new Promise((resolve, reject) =>
    scrypt(password.normalize("NFKC"), salt, KEY_BYTES, COST, (error, key) => (error ? reject(error) : resolve(hex(key)))),
  )
}
