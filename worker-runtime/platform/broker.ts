// Between the agent and its model: a door on this machine alone that holds the real key. The agent has a placeholder, which
// opens this door for as long as the job runs and nothing else (docs/decisions/0012).
import { createHash, randomBytes } from "node:crypto"
import { createServer } from "node:http"
import type { Ledger } from "../broker/ledger.ts"
import { answer, reasonOf } from "./relay.ts"
import type { BrokerLimits, Relay } from "./relay.ts"
import { createUpstream } from "./upstream.ts"

export interface RunningBroker {
  /** What the agent is told instead of the provider's address. */
  baseUrl: string
  /** Name of a key's secret → what the agent gets in its place. */
  placeholders: Readonly<Record<string, string>>
  ledger: Ledger
  /** A call is on its way. */
  busy(): boolean
  /** When every call that had begun is counted. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface BrokerDeps extends Omit<Relay, "limits" | "send" | "keyOf"> {
  limits?: Partial<BrokerLimits>
}

export const BROKER_LIMITS: BrokerLimits = {
  requestBytes: 64 * 1024 * 1024,
  answerBytes: 256 * 1024 * 1024,
  idleMs: 10 * 60_000,
  connections: 128,
}
/** How long the end of the agent's connections may take to be noticed. */
const SETTLE_MS = 2_000

export async function startBroker(given: BrokerDeps): Promise<RunningBroker> {
  const limits = { ...BROKER_LIMITS, ...given.limits }
  const placeholders = Object.fromEntries(Object.keys(given.keys).map((name) => [name, `vb_${randomBytes(24).toString("hex")}`]))
  const upstream = createUpstream({ idleMs: limits.idleMs })
  const relay: Relay = { ...given, limits, send: upstream.send, keyOf: keyFinder(given.keys, placeholders) }
  const calls = new Set<Promise<void>>()
  const server = createServer((request, response) => {
    const call = answer(relay, request, response)
      .catch((error: unknown) => {
        given.onTrouble(reasonOf(error))
        response.destroy()
      })
      .finally(() => calls.delete(call))
    calls.add(call)
  })
  server.maxConnections = limits.connections
  const port = await listen(server)
  return {
    baseUrl: `http://127.0.0.1:${port}${given.upstream.pathname.replace(/\/+$/, "")}`,
    placeholders,
    ledger: given.ledger,
    busy: () => calls.size > 0,
    settled: async () => void (await Promise.race([Promise.all(calls), after(SETTLE_MS)])),
    close: () =>
      new Promise((resolve) => {
        upstream.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** By digest: how long the look-up takes says nothing about a placeholder. */
function keyFinder(keys: Readonly<Record<string, string>>, placeholders: Readonly<Record<string, string>>) {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex")
  const known = new Map(Object.entries(placeholders).map(([name, placeholder]) => [digest(placeholder), keys[name] ?? null]))
  return (placeholder: string) => known.get(digest(placeholder)) ?? null
}

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address === null || typeof address === "string") reject(new Error("The broker has no port."))
      else resolve(address.port)
    })
  })
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
