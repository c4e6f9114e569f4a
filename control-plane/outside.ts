// Addresses that a person typed are called through here alone: a Worker must not be talked into reaching what is not public.

/** Why an address was not called, or did not answer; never a secret, never the other side's words. */
export class OutsideError extends Error {
  readonly kind: "forbidden" | "unreachable"
  constructor(kind: "forbidden" | "unreachable", message: string) {
    super(message)
    this.kind = kind
  }
}

export interface OutsideOptions {
  /** Exact origins that are called whatever they are; `npm start` and tests allow loopback so. */
  allow: readonly string[]
  /** Milliseconds until the headers are there. */
  limitMs: number
  fetch?: typeof fetch | undefined
  /** Every address of a host name. Throws when the name cannot be resolved. */
  resolve?: ((host: string) => Promise<string[]>) | undefined
}

/**
 * Calls a public https address without following redirects. Throws OutsideError. The address that is checked here cannot be
 * pinned for the call itself: the platform resolves the name once more.
 */
export async function callOutside(url: string, init: RequestInit, options: OutsideOptions): Promise<Response> {
  await refusePrivate(url, options)
  const call = options.fetch ?? fetch
  try {
    return await call(url, { ...init, redirect: "manual", signal: AbortSignal.timeout(options.limitMs) })
  } catch {
    // The platform's words may hold the whole address; who reads this knows which one was called.
    throw new OutsideError("unreachable", "it does not answer")
  }
}

async function refusePrivate(text: string, { allow, resolve = resolveByHttps }: OutsideOptions): Promise<void> {
  const url = new URL(text)
  if (allow.includes(url.origin)) return
  if (url.protocol !== "https:") throw new OutsideError("forbidden", "only https addresses are called")
  if (url.username !== "" || url.password !== "") throw new OutsideError("forbidden", "the address carries credentials")
  const host = url.hostname.replace(/^\[|\]$/g, "")
  const addresses = isAddress(host) ? [host] : await resolved(host, resolve)
  if (addresses.some((address) => !isPublic(address))) throw new OutsideError("forbidden", "it lies in a private network")
}

async function resolved(host: string, resolve: (host: string) => Promise<string[]>): Promise<string[]> {
  const found = await resolve(host).catch(() => [])
  if (found.length === 0) throw new OutsideError("unreachable", "its name cannot be resolved")
  return found
}

const isAddress = (host: string): boolean => host.includes(":") || /^[\d.]+$/.test(host)

const RESOLVER = "https://cloudflare-dns.com/dns-query"
const RESOLVER_LIMIT_MS = 2000
const ADDRESS_TYPES = new Set([1, 28])

/** DNS over HTTPS, RFC 8484's JSON form as Cloudflare answers it: `{ Answer: [{ type, data }] }`. */
async function resolveByHttps(host: string): Promise<string[]> {
  const ask = async (type: "A" | "AAAA"): Promise<string[]> => {
    const answer = await fetch(`${RESOLVER}?name=${encodeURIComponent(host)}&type=${type}`, {
      headers: { accept: "application/dns-json" },
      signal: AbortSignal.timeout(RESOLVER_LIMIT_MS),
    })
    const { Answer = [] } = await answer.json<{ Answer?: { type: number; data: string }[] }>()
    return Answer.flatMap(({ type: kind, data }) => (ADDRESS_TYPES.has(kind) ? [data] : []))
  }
  return (await Promise.all([ask("A"), ask("AAAA")])).flat()
}

/** Not private, loopback, link-local (with the metadata services), shared, reserved or multicast; unknown forms are not public. */
export function isPublic(address: string): boolean {
  const four = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address)
  if (four) return isPublicV4(four.slice(1).map(Number))
  if (!address.includes(":")) return false
  const groups = address.toLowerCase().split(":")
  const first = Number.parseInt(groups[0] === "" ? "0" : (groups[0] ?? "0"), 16)
  // Global unicast is 2000::/3; of it 2001:db8::/32 is for documents, and 2002::/16 and 2001:0::/32 carry addresses of their own.
  const second = Number.parseInt(groups[1] === "" ? "0" : (groups[1] ?? "0"), 16)
  return (first & 0xe000) === 0x2000 && first !== 0x2002 && !(first === 0x2001 && (second === 0xdb8 || second === 0))
}

function isPublicV4([a = 0, b = 0, c = 0, d = 0]: number[]): boolean {
  if ([a, b, c, d].some((part) => part > 255)) return false
  const closed =
    a === 0 ||
    a === 10 ||
    a === 127 ||
    a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 192 && b === 0 && (c === 0 || c === 2)) ||
    (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) ||
    (a === 203 && b === 0 && c === 113)
  return !closed
}
