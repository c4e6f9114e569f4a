import type { IncomingMessage } from "node:http"
import { WebSocket } from "ws"
import { z } from "zod"
import { hostToldSchema } from "#contract/host.schema.ts"
import { HOST_AWAY_MS, HOST_PING, HOST_PING_MS, HOST_PONG, HOST_PROTOCOL, type HostCall, type HostSays } from "#contract/host.ts"
import type { Engine, Reply } from "./engine.ts"
import type { Log } from "../log.ts"

export const EXIT_REVOKED = 77

export interface ConnectionOptions {
  /** The control plane's address, http(s). */
  url: string
  token: string
  version: string
  slots: number
  engine: Engine
  answer: (call: HostCall) => Promise<Reply>
  log: Log
  pace?: Partial<Pace>
}
/** Shortened by tests only. */
interface Pace {
  pingMs: number
  awayMs: number
  /** How often an exit that is not stored is said again. */
  repeatMs: number
  /** Waits between tries grow from the first to the second, each drawn anew ("full jitter"). */
  retryMs: readonly [number, number]
}
export interface Ending {
  code: number
  sentence: string
}
export interface Connection {
  /** Resolves once, when the connection is over for good: closed by us, or the token is no longer taken. */
  ended: Promise<Ending>
  close(): void
}
interface Line extends Omit<ConnectionOptions, "pace"> {
  pace: Pace
  socket?: WebSocket
  retry?: NodeJS.Timeout
  beats: NodeJS.Timeout[]
  /** Tries since the server was last heard: an accepted socket that says nothing does not count as success. */
  failures: number
  /** Monotonic: a clock that jumps must not look like silence. */
  heardAt: number
  heard: boolean
  over: boolean
  end(ending: Ending): void
}

const HANDSHAKE_MS = 15_000
const MESSAGE_BYTES = 1_048_576
const CLOSE_MS = 2000
/** Sent away (for another host with the same token, say): coming back at once would make the two take turns. */
const FAILURES_AFTER_BYE = 5

/** Holds one WebSocket to the control plane, for ever: a host behind NAT is reached through it or not at all. */
export function connectHost({ pace, ...options }: ConnectionOptions): Connection {
  let end = (_ending: Ending): void => undefined
  const ended = new Promise<Ending>((resolve) => (end = resolve))
  const paces: Pace = { pingMs: HOST_PING_MS, awayMs: HOST_AWAY_MS, repeatMs: 10_000, retryMs: [500, 30_000], ...pace }
  const line: Line = { ...options, pace: paces, beats: [], failures: 0, heardAt: 0, heard: false, over: false, end }
  line.beats.push(
    setInterval(() => beat(line), paces.pingMs),
    setInterval(() => sayExits(line), paces.repeatMs),
  )
  options.engine.onExit((exited) => say(line, { type: "exited", ...exited }))
  open(line)
  return { ended, close: () => finish(line, { code: 0, sentence: "The host disconnected." }) }
}

function open(line: Line): void {
  const socket = new WebSocket(`${line.url.replace(/\/+$/, "").replace(/^http/, "ws")}/api/hosts/connection`, {
    headers: { Authorization: `Bearer ${line.token}` },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MESSAGE_BYTES,
    perMessageDeflate: false,
  })
  line.socket = socket
  line.heard = false
  let problem: string | undefined
  socket.on("open", () => greet(line))
  socket.on("message", (data) => hear(line, textOf(data)))
  socket.on("error", (error) => (problem ??= error.message))
  socket.on("unexpected-response", (_request, response) => {
    const status = response.statusCode ?? 0
    problem = `it answered ${status}`
    refusalOf(response).then(
      (ours) => {
        socket.terminate()
        if (ours) revoked(line, `it answered ${status}`)
      },
      () => socket.terminate(),
    )
  })
  socket.on("close", (code) => again(line, problem ?? `it was closed (${code})`))
}

/** Whether the control plane itself says no: a firewall's 401 or 403 is only one more reason to try again. */
async function refusalOf(response: IncomingMessage): Promise<boolean> {
  if (response.statusCode !== 401 && response.statusCode !== 403) return false
  let text = ""
  for await (const part of response) {
    text += String(part)
    if (text.length > REFUSAL_BYTES) return false
  }
  return refusalSchema.safeParse(parseJson(text)).success
}
const REFUSAL_BYTES = 8192
const refusalSchema = z.object({ error: z.object({ code: z.enum(["auth.required", "auth.forbidden"]) }) })

function greet(line: Line): void {
  line.heardAt = performance.now()
  const { kind, version } = line.engine
  const engine = { kind, version: version.slice(0, 100) }
  say(line, { type: "hello", protocol: HOST_PROTOCOL, version: line.version, engine, slots: line.slots, running: line.engine.running() })
  sayExits(line)
  // At once, because its answer is what proves that somebody listens.
  line.socket?.send(HOST_PING)
}

function hear(line: Line, text: string): void {
  if (!line.heard) line.log.info("host.connected", { failedBefore: line.failures })
  line.heard = true
  line.failures = 0
  line.heardAt = performance.now()
  if (text !== HOST_PONG) deliver(line, text)
}

/** A message that this release does not know is noted and left: the server may be newer. */
function deliver(line: Line, text: string): void {
  const message = hostToldSchema.safeParse(parseJson(text))
  if (!message.success) {
    line.log.warn("host.message-unknown", { characters: text.length, start: messageType(text) })
    return
  }
  switch (message.data.type) {
    case "call":
      line.answer(message.data).then(
        (reply) => say(line, reply),
        (error: unknown) => line.log.error(error, "host.answer-failed"),
      )
      return
    case "stored":
      line.engine.stored(message.data.jobId, message.data.attempt)
      return
    case "bye":
      if (message.data.reason === "revoked") return revoked(line, "it said so")
      line.log.info("host.bye", { reason: message.data.reason })
      line.failures = FAILURES_AFTER_BYE
  }
}

/** What cannot be sent now is not lost: calls and exits are both repeated after the next hello. */
function say(line: Line, message: HostSays): void {
  if (line.socket?.readyState === WebSocket.OPEN) line.socket.send(JSON.stringify(message))
}

function sayExits(line: Line): void {
  for (const exited of line.engine.unstored()) say(line, { type: "exited", ...exited })
}

function beat(line: Line): void {
  if (line.socket?.readyState !== WebSocket.OPEN) return
  if (performance.now() - line.heardAt > line.pace.awayMs) line.socket.terminate()
  else line.socket.send(HOST_PING)
}

function again(line: Line, problem: string): void {
  if (line.over) return
  const [first, most] = line.pace.retryMs
  const afterMs = Math.random() * Math.min(most, first * 2 ** Math.min(line.failures, 16))
  // The first failure is told, the rest are counted until the server is heard again.
  if (line.failures === 0) line.log.warn("host.disconnected", { problem })
  line.failures += 1
  line.retry = setTimeout(() => open(line), afterMs)
}

function revoked(line: Line, how: string): void {
  const sentence = `The control plane no longer takes this host's token (${how}). Make a new one under Hosts and start the host with it.`
  finish(line, { code: EXIT_REVOKED, sentence })
}

function finish(line: Line, ending: Ending): void {
  if (line.over) return
  line.over = true
  for (const timer of line.beats) clearInterval(timer)
  clearTimeout(line.retry)
  const socket = line.socket
  if (!socket || socket.readyState === WebSocket.CLOSED) return line.end(ending)
  socket.once("close", () => line.end(ending))
  socket.close(1000)
  // A server that does not answer the closing handshake cannot hold us up.
  setTimeout(() => socket.terminate(), CLOSE_MS).unref()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Only the type is logged: a call's arguments hold a launch token. */
function messageType(text: string): string {
  const message = parseJson(text)
  return typeof message === "object" && message !== null && "type" in message ? String(message.type).slice(0, 50) : "not JSON"
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString()
}
