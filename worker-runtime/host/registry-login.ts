// PURE: whom a pull signs in as, from what `docker login` has kept.
import { z } from "zod"

const configSchema = z.object({ auths: z.record(z.string(), z.object({ auth: z.string().optional() })).optional() })

/** As the Engine API's `X-Registry-Auth` wants it. */
export interface Login {
  username: string
  password: string
  serveraddress: string
}

/** Docker's own registry is kept under this name, whatever an image is called. Source: docker/cli, registry.IndexServer. */
const DOCKER_HUB = "https://index.docker.io/v1/"

/**
 * `config` is the text of Docker's `config.json`. Undefined without a login for the image's registry, and with one that
 * lies with a helper program, which is not asked.
 */
export function loginFor(image: string, config: string): Login | undefined {
  const registry = registryOf(image)
  const kept = configSchema.safeParse(parseJson(config)).data?.auths ?? {}
  const [serveraddress, entry] = Object.entries(kept).find(([address]) => hostOf(address) === hostOf(registry)) ?? []
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(entry?.auth ?? "", "base64").toString()) ?? []
  return serveraddress && username && password ? { username, password, serveraddress } : undefined
}

/** The first part of a name is a registry when it looks like a machine's name. Source: distribution/reference. */
function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/")
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost") ? first : DOCKER_HUB
}

const hostOf = (address: string) => address.replace(/^https?:\/\//, "").split("/")[0]

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
