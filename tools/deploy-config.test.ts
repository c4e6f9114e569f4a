import { describe, expect, it } from "vitest"
import { configured, readTarget, SECRET_LINES } from "./deploy-config.ts"

const account = { CLOUDFLARE_API_TOKEN: "t", CLOUDFLARE_ACCOUNT_ID: "a" }

describe("what a deploy wants to be told", () => {
  it("is said at once, by name", () => {
    expect(readTarget({})).toEqual([
      "CLOUDFLARE_API_TOKEN: is not set",
      "CLOUDFLARE_ACCOUNT_ID: is not set",
      "APP_DOMAIN: is not set (a domain of this account), nor PUBLIC_URL (https://<worker>.<account>.workers.dev)",
    ])
    const problem = (env: Record<string, string>) => readTarget({ ...account, ...env })
    expect(problem({ APP_DOMAIN: "a.example", PUBLIC_URL: "https://b.example" })).toEqual(["APP_DOMAIN and PUBLIC_URL: give one of them"])
    expect(problem({ APP_DOMAIN: "https://a.example" })).toEqual(["APP_DOMAIN: must be a host name such as viberglass.example.com"])
    for (const PUBLIC_URL of ["http://a.example", "https://a.example/path", "https://a.example/"])
      expect(problem({ PUBLIC_URL })).toEqual(["PUBLIC_URL: must be an https origin without a path"])
  })

  it("becomes the Worker's address, variables and secrets", () => {
    const role = { AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/r", AWS_REGION: "eu-west-1", OTHER: "stays here" }
    expect(readTarget({ ...account, APP_DOMAIN: "vg.example.com", ...role })).toEqual({
      url: "https://vg.example.com",
      domain: "vg.example.com",
      vars: { AWS_REGION: "eu-west-1", AWS_ROLE_ARN: role.AWS_ROLE_ARN },
      secrets: ["MASTER_KEYS", "WORKER_TOKEN_KEY", "SESSION_KEY", "AWS_OIDC_KEYS"],
    })
    expect(readTarget({ ...account, PUBLIC_URL: "https://vg.acme.workers.dev" })).toMatchObject({
      ...{ url: "https://vg.acme.workers.dev", domain: null, secrets: ["MASTER_KEYS", "WORKER_TOKEN_KEY", "SESSION_KEY"] },
    })
  })

  it("goes into the build's configuration and leaves the rest of it", () => {
    const built = {
      name: "viberglass-dev",
      vars: { ENVIRONMENT: "dev", PUBLIC_URL: "" },
      d1_databases: [{ binding: "DB", database_id: "set-by-deploy" }],
      triggers: {},
    }
    const target = { url: "https://vg.example.com", domain: "vg.example.com", vars: { MANAGED_DEFAULTS: "{}" }, secrets: [] }
    expect(configured(built, target, { databaseId: "d1", release: "abc.2026" })).toEqual({
      ...{ name: "viberglass-dev", triggers: {}, routes: [{ pattern: "vg.example.com", custom_domain: true }] },
      vars: { ENVIRONMENT: "dev", PUBLIC_URL: "https://vg.example.com", MANAGED_DEFAULTS: "{}", RELEASE: "abc.2026" },
      d1_databases: [{ binding: "DB", database_id: "d1" }],
    })
    expect(configured(built, { ...target, domain: null }, { databaseId: "d1", release: "r" })).not.toHaveProperty("routes")
  })

  it("has a line for each secret, none of which names a value", () => {
    for (const [name, line] of Object.entries(SECRET_LINES))
      expect(line("prod")).toMatch(new RegExp(`wrangler secret put ${name} --env prod$`))
  })
})
