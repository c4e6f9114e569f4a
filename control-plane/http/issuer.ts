import { discovery, DISCOVERY_PATH, JWKS_PATH, publicKeys } from "../aws/identity.ts"
import type { Context } from "../context.ts"
import { notFound } from "../errors.ts"
import type { App } from "./route.ts"

/** For AWS: who this control plane is as an OpenID Connect issuer, and the public halves of its keys. */
export function mountIssuer(app: App): void {
  app.get(DISCOVERY_PATH, (c) => {
    keysOf(c.var.context)
    return c.json(discovery(c.var.context.config.publicUrl))
  })
  app.get(JWKS_PATH, async (c) => c.json(await publicKeys(keysOf(c.var.context))))
}

function keysOf({ keys }: Context) {
  if (keys.issuer === null) throw notFound("issuer: AWS_OIDC_KEYS is not set")
  return keys.issuer
}
