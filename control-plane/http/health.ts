import { credentialHealth } from "../aws/credentials.ts"
import { versionOf } from "../config.ts"
import type { Context } from "../context.ts"
import { wordsOf } from "../errors.ts"
import type { App } from "./route.ts"

/** 200 with what was checked; a missing configuration was answered 503 with the list before it came here. */
export function mountHealth(app: App): void {
  app.get("/health", async (c) => {
    const { env } = c.var.context
    const database = await env.DB.prepare("SELECT 1")
      .first()
      .then(() => "ok", wordsOf)
    const status = database === "ok" ? "ok" : "degraded"
    return c.json({ status, version: versionOf(env), checks: { database, aws: awsWords(c.var.context) } }, status === "ok" ? 200 : 503)
  })
}

/** Known to this instance alone; nobody's visit makes it ask AWS, and no account is named to strangers. */
function awsWords({ aws }: Context): string {
  if (aws === null) return "not configured"
  const { source, ageSeconds, expiresInSeconds, problem } = credentialHealth(aws.credentials)
  if (source === "keys") return "static keys"
  if (ageSeconds === null || expiresInSeconds === null) return problem === null ? "role, not used yet" : "role, refused"
  return `role, ${ageSeconds} s old, ends in ${expiresInSeconds} s${problem === null ? "" : ", not renewed"}`
}
